#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "scan/impl/assistants.h"
#include "scan/impl/detectors.h"

// A path, a NUL, a file: what is told of it stands within it, and no note holds what stood behind a flag for
// a secret.
namespace {

using namespace ostiary;

void check(const scan::File& file, const scan::Signs& signs) {
  for (const auto& sign : signs.all) {
    if (sign.start > sign.end || sign.end > file.bytes.size() + 1) std::abort();
    if (sign.name.empty() || sign.note.size() > scan::kLongestNote + 8) std::abort();
    if (sign.note.contains('\n')) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\0'), input.size());
  const scan::File file{input.substr(0, end), input.substr(std::min(end + 1, input.size()))};
  scan::Signs signs;
  scan::signs_of_assistants(file, signs);
  check(file, signs);
  scan::Signs more;
  scan::signs_of_servers(file, more);
  scan::signs_of_authors(file, more);
  check(file, more);
  if (scan::shown(file.bytes.substr(0, 500)).size() > 200) std::abort();
  return 0;
}

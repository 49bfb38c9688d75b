#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "scan/installs.h"
#include "scan/manifest.h"

namespace {

void check(const std::vector<ostiary::scan::Declared>& declared, std::size_t size) {
  for (const auto& one : declared) {
    if (one.name.empty() || one.start > one.end || one.end > size) std::abort();
    // A name is one word of a line, whatever the file holds.
    if (std::ranges::any_of(one.name, [](char c) { return static_cast<unsigned char>(c) <= 0x20; }))
      std::abort();
    if (ostiary::scan::normalized(one.ecosystem, one.name) != one.name) std::abort();
  }
}

}  // namespace

// The first line is the file's name, what follows its bytes; they are read as a shell text, too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(all.find('\n'), all.size());
  const auto path = all.substr(0, end);
  const auto bytes = all.substr(std::min(end + 1, all.size()));
  const auto read = ostiary::scan::read_manifest(path, bytes);
  check(read.declared, bytes.size());
  if (!ostiary::scan::is_manifest(path) && (!read.declared.empty() || !read.partial.empty())) std::abort();
  for (const auto& one : read.partial)
    if (one.path != path || one.text.empty()) std::abort();
  check(ostiary::scan::installs_in(bytes), bytes.size());
  return 0;
}

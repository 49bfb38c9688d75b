#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "scan/impl/detectors.h"
#include "scan/impl/executables.h"

// Executables of every format, and what signs_in_binary() makes of any bytes: names are bounded and fit to be
// shown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ostiary::scan;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto linked = read_executable(bytes)) {
    if (linked->needed.size() > Linked::kMost) std::abort();
    for (const auto& name : linked->needed)
      if (name.empty() || name.size() > 1024 || name.contains('\n')) std::abort();
  }
  Signs signs;
  signs_in_binary({"lib/x.bin", bytes}, size, signs);
  signs_in_binary({"data/train.jsonl", bytes}, size, signs);
  signs_in_binary({"data/train.csv", bytes}, size, signs);
  signs_in_binary({".ollama/models/manifests/r/library/m/t", bytes}, size * 2, signs);
  for (const auto& sign : signs.all)
    if (sign.name.empty()) std::abort();
  return 0;
}

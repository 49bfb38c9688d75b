#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "license/identify.h"

// Whatever a text holds, findings lie within it and their scores within 0 and 1.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& one : ostiary::license::Identifier::builtin().identify(text).licenses) {
    if (one.start > one.end || one.end > size || one.expression.empty()) std::abort();
    if (!(one.score > 0 && one.score <= 1)) std::abort();
  }
  return 0;
}

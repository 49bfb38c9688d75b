#include <cstdlib>
#include <fmt/format.h>

#include "license/identify.h"

extern "C" {
extern const char ostiary_license_begin[];
extern const char ostiary_license_end[];
}

namespace ostiary::license {

const Identifier& Identifier::builtin() {
  static const auto loaded = [] {
    auto identifier =
        load({ostiary_license_begin, static_cast<std::size_t>(ostiary_license_end - ostiary_license_begin)});
    if (!identifier) {
      // The build made it: a program file that is broken.
      fmt::print(stderr, "ostiary: {}\n", identifier.error().text());
      std::abort();
    }
    return std::move(*identifier);
  }();
  return loaded;
}

}  // namespace ostiary::license

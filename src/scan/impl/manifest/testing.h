#pragma once

#include <string>
#include <string_view>

#include "scan/manifest.h"

namespace ostiary::scan::testing {

// What a file declares, as a line for each package: `ecosystem name version` and, where it is so, `(alias)`,
// `locked`, `development`, `indirect`. Fails the test where the bytes of a place are not the name, as far as
// that can be told.
std::string declared_in(std::string_view path, std::string_view bytes);

// The same of a Manifest that was read before, without its places.
std::string lines_of(const Manifest& manifest);

}  // namespace ostiary::scan::testing

#pragma once

#include <optional>
#include <string_view>

#include "scan/manifest.h"

namespace ostiary::scan {

// The language of a source file by its name, as catalog::Sdk::Import names it; empty: none of them.
std::string_view import_language_of(std::string_view path);
// The language whose imports a package of the ecosystem is for; empty: no one language.
std::string_view language_for(Ecosystem ecosystem);
std::optional<Ecosystem> ecosystem_named(std::string_view name);

}  // namespace ostiary::scan

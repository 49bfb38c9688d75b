#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "license/identify.h"

namespace ostiary::license {

// The licences that the metadata of a package declares, told by the file's name: package.json (npm),
// composer.json (a list is a choice), METADATA, PKG-INFO and pyproject.toml (PyPI), Cargo.toml, pom.xml,
// *.nuspec, *.gemspec. Nothing where the file is none of these; none where it declares no licence that is
// known. Go's modules declare theirs by their files alone. Linear.
std::optional<std::vector<FoundLicense>> declared_in(std::string_view name, std::string_view bytes);

// The expression of what people write in such a field: an expression, a list in an old form, a name ("Apache
// License 2.0", "MIT License", "BSD 3-Clause"); nothing where it is not known.
std::optional<std::string> spdx_of_name(std::string_view name);

}  // namespace ostiary::license

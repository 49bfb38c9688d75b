#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/impl/terminal.h"
#include "catalog/license.h"

namespace ostiary::app {

// What the catalogue knows of a model or dataset by any of its names: its licence and those of its parts,
// what it comes from, what public statements say, and what all that comes to. Nothing: it is not known.
std::optional<std::string> work_text(std::string_view name, const catalog::Licenses& known,
                                     const Style& style);
std::optional<std::string> work_json(std::string_view name, const catalog::Licenses& known);

}  // namespace ostiary::app

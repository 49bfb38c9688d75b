#pragma once

#include <string>
#include <string_view>

#include "json/document.h"

namespace ostiary::app {

// An answer of the API as a document of the command line: its members with `kind`, `ostiary` and, where it
// has none of its own, an empty `partial`; sorted by name, one line.
std::string framed(std::string_view kind, json::Value answer);

}  // namespace ostiary::app

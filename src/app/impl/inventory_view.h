#pragma once

#include <cstddef>
#include <string>

#include "app/impl/terminal.h"
#include "json/document.h"

namespace ostiary::app {

// Answers of the API about the inventory, for people.
std::string uses_table(json::Value uses, std::size_t width, const Style& style);
std::string use_text(json::Value use, const Style& style);
std::string reconciled_text(json::Value answer, const Style& style);
std::string imported_text(json::Value answer, const Style& style);
std::string answers_text(json::Value answer, const Style& style);

}  // namespace ostiary::app

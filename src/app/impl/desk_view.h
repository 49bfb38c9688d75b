#pragma once

#include <cstddef>
#include <string>

#include "app/impl/terminal.h"
#include "base/time.h"
#include "json/document.h"

namespace ostiary::app {

// What the API tells of the desk, for people. Control characters of what people wrote are shown as '?'.
std::string question_text(json::Value question, const Style& style, WallMs now);
std::string questions_table(json::Value questions, std::size_t columns, WallMs now);
std::string stats_text(json::Value stats, std::size_t columns);

// Lines of a text, each printable.
std::string printable_lines(std::string_view text);

}  // namespace ostiary::app

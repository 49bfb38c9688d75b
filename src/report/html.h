#pragma once

#include <string>
#include <string_view>

namespace ostiary::report {

// Text as HTML text or the value of a quoted attribute. Control characters but for line breaks and tabs
// become U+FFFD, and so does what is no UTF-8.
void append_escaped(std::string& out, std::string_view text);
std::string escaped(std::string_view text);

}  // namespace ostiary::report

#pragma once

#include <string>
#include <string_view>

namespace ostiary::policy::html {

// Text as HTML text or the value of a quoted attribute. Control characters but for line breaks and tabs
// become U+FFFD, and so does what is no UTF-8.
void append_escaped(std::string& out, std::string_view text);
std::string escaped(std::string_view text);

// Whether an address may be linked to: a page of this site or an anchor, or the schemes http, https and
// mailto, read as a browser reads it (blanks and control characters within do not count).
bool may_link(std::string_view address);

}  // namespace ostiary::policy::html

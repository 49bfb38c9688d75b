#pragma once

#include <string>
#include <string_view>

namespace ostiary::policy {

// Whether an address may be linked to: a page of this site or an anchor, or the schemes http, https and
// mailto, read as a browser reads it (blanks and control characters within do not count).
bool may_link(std::string_view address);

}  // namespace ostiary::policy

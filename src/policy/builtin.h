#pragma once

#include <string_view>

namespace ostiary::policy {

// The text of catalog/policy.md, embedded in the program: the document in force where the configuration names
// none. It is usable (read_document), without errors of check(), and its tests pass.
std::string_view builtin_document();

}  // namespace ostiary::policy

#pragma once

#include <string>

#include "base/result.h"
#include "policy/policy.h"

namespace ostiary::app {

// The text of a policy document, at most 16 MiB. "builtin" and "built-in" are the built-in one: a file of
// that name is "./builtin".
Result<std::string> read_policy_text(const std::string& file);
// A document to decide by. `invalid` with file:line:column of the first error, and how many more there are.
Result<policy::Policy> read_policy(const std::string& file);

}  // namespace ostiary::app

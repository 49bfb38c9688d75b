#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/result.h"

namespace ostiary::catalog {

// Checks every <folder>/<kind>/<id>.yaml against <folder>/schema/<kind>.yaml and makes the blob that the
// program embeds:
//   "ostiary-catalog 1\n", then for each kind in order of name "<kind> <bytes>\n<canonical JSON array>\n"
// with the entries sorted by id. The same files give the same bytes. On failure: everything that is wrong,
// each with file:line:column and what to do.
std::expected<std::string, std::vector<Error>> compile(const std::string& folder);

}  // namespace ostiary::catalog

#pragma once

#include <set>
#include <string>
#include <vector>

#include "policy/diff.h"

namespace ostiary::policy {

// What stands in two versions otherwise; and the facts on which decisions may have come to depend otherwise.
struct Differences {
  std::vector<Difference> all;
  std::set<std::uint8_t> facts;
  bool decides = false;  // decisions may be others
};
Differences differences_of(const Document& before, const Document& after);

}  // namespace ostiary::policy

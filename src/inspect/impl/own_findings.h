#pragma once

#include <string_view>
#include <vector>

#include "inspect/finding.h"
#include "inspect/own_code.h"

namespace ostiary::inspect {

inline constexpr std::size_t kLeastOwnBytes = 64;  // of a text in which own code is looked for

inline constexpr std::size_t kMostOwnFindings = 500;  // that are told of one text

// What stands in the organisation's code too, as findings; by location.
std::vector<Finding> own_findings(const OwnCode& own_code, std::string_view text);

}  // namespace ostiary::inspect

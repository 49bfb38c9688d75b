#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "inspect/finding.h"

namespace ostiary::app {

// The fingerprints of findings that somebody has looked at and accepts. A file of one JSON object:
// {"findings":[{"detector","file","fingerprint"}],"kind":"baseline","ostiary":1}.
using Baseline = std::set<std::string>;

Result<Baseline> read_baseline(const std::string& path);
Result<> write_baseline(const std::string& path, const std::vector<inspect::Finding>& findings);

}  // namespace ostiary::app

#pragma once

#include <string_view>
#include <unordered_set>

#include "scan/impl/manifest/reading.h"

namespace ostiary::scan {

using NameSet = std::unordered_set<std::string_view>;

struct NpmName {
  std::string_view name, version;
};
// `@scope/name@version`, where both the scope and the version may be missing. A path behind the name is cut
// off.
NpmName split_npm(std::string_view text);
// `said` with a version as npm reads it: only three numbers are exact.
Said with_npm(Said said, std::string_view version);

}  // namespace ostiary::scan

#pragma once

#include <string>
#include <vector>

#include "app/impl/license_found.h"
#include "app/impl/terminal.h"
#include "license/check.h"

namespace ostiary::app {

// What the licences of everything below a path say of one use.
struct JudgedPath {
  LicensedWorks found;
  std::vector<license::Verdict> verdicts;  // of each work: all that it declares, the strictest
  // The strictest of them; `unknown` where nothing was found, files lie under no declaration, or something
  // was not read.
  catalog::Says says = catalog::Says::unknown;
};

JudgedPath judged(LicensedWorks found, const catalog::Licenses& known, const license::Profile& profile);

std::string judged_text(const JudgedPath& judged, const std::string& path, const Style& style);
std::string judged_json(const JudgedPath& judged, const std::string& path);

}  // namespace ostiary::app

#pragma once

#include <string>
#include <vector>

#include "app/impl/command_line.h"
#include "app/verbs.h"
#include "base/result.h"
#include "catalog/license.h"

namespace ostiary::app {

struct LicenseOptions {
  CommonOptions common;
  std::string license;  // explain: any name of one; check: an expression, or a path; notices: a path
  std::string rules;    // folder of the organisation's own; empty: none
  std::string profile;  // check: file of the profile; empty: nothing is known
  std::string fail_on = "unknown";  // check: from which answer on the exit status is 1
  bool all = false;                 // explain: list the licences
  bool fail_on_open = false;        // notices: exit status 1 where the file does not settle everything
};

struct IdentifyOptions {
  CommonOptions common;
  std::vector<std::string> files;
};

Result<int> run_license_explain(const LicenseOptions& options);
Result<int> run_license_check(const LicenseOptions& options);
Result<int> run_license_notices(const LicenseOptions& options);
Result<int> run_license_identify(const IdentifyOptions& options);

// The catalogue's licences, with those and the reviews of the organisation's folder where there is one.
Result<catalog::Licenses> licenses_for(const std::string& rules);

void add_license(CommandLine& line);

}  // namespace ostiary::app

#pragma once

#include <string>
#include <vector>

#include "app/impl/command_line.h"
#include "app/verbs.h"

namespace ostiary::app {

struct ModelOptions {
  CommonOptions common;
  std::vector<std::string> paths;
  std::string bill;     // form of a bill of materials, as --format has it; empty: none
  std::string fail_on;  // severity of a hazard; empty: never
  bool digests = false;
  bool only_named = false;  // not what stands beside a file that is named
};

void add_model(CommandLine& line);
Result<int> run_model(const ModelOptions& options);

}  // namespace ostiary::app

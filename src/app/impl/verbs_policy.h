#pragma once

#include <string>

#include "app/impl/command_line.h"
#include "app/verbs.h"
#include "base/result.h"

namespace ostiary::app {

struct PolicyOptions {
  CommonOptions common;
  std::string file;               // the document
  std::string fail_on = "error";  // check: error or warning
  std::string on;                 // check: the day that dates are compared with, YYYY-MM-DD; empty: today
  std::string facts;              // explain: file of facts, "-" for stdin
  bool junit = false;             // test
  bool all = false;               // explain: rules that do not hold, too
  std::string since, until;       // replay: a duration back from now, a date or a time; empty: no bound
  std::string config;             // replay: where services that it reroutes to are configured; empty: none
};

Result<int> run_policy_new(const PolicyOptions& options);
Result<int> run_policy_check(const PolicyOptions& options);
Result<int> run_policy_test(const PolicyOptions& options);
Result<int> run_policy_explain(const PolicyOptions& options);
Result<int> run_policy_replay(const PolicyOptions& options);
Result<int> run_policy_facts(const PolicyOptions& options);

void add_policy(CommandLine& line);

}  // namespace ostiary::app

#pragma once

#include <string>

#include "app/impl/command_line.h"
#include "app/verbs.h"
#include "base/result.h"

namespace ostiary::app {

// policy diff, render and due: the document as people read it.
struct PolicyPageOptions {
  CommonOptions common;
  std::string file;          // the document, or "builtin"
  std::string other;         // diff: the newer one
  std::string fail_on;       // diff: change, decision or looser; due: due or overdue; empty: never
  std::string on;            // the day, YYYY-MM-DD; empty: today
  std::string since_folder;  // render: folder of the versions that were in force
  bool with_data = false;    // due: what the data folder's ledger tells, too
};

Result<int> run_policy_diff(const PolicyPageOptions& options);
Result<int> run_policy_render(const PolicyPageOptions& options);
Result<int> run_policy_due(const PolicyPageOptions& options);

void add_policy_page(CommandLine& line, CLI::App& policy);

}  // namespace ostiary::app

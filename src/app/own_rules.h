#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "inspect/engine.h"

namespace ostiary::app {

// What inspection stands on: the catalogue's detectors with those of an organisation's folder behind them,
// and its allow-rules.
struct OwnRules {
  std::shared_ptr<const inspect::DetectorSet> detectors;  // null: nothing is inspected
  std::vector<catalog::AllowRule> allow;
  std::shared_ptr<const inspect::OwnCode> own_code;  // null: none
  bool compiled = false;                             // own detectors were compiled, not read from the cache
  std::vector<std::string> told;  // a line for each thing that somebody should know: rules that have expired
};

// Reads a folder (docs/inspection.md); empty: the catalogue alone. Own detectors are compiled once and kept
// in `cache`, a file (empty: nowhere) that is made anew where it is missing, damaged, or of another folder or
// program; one that cannot be written is told of and no error. Takes up to some seconds.
// An error has file:line:column.
Result<OwnRules> load_rules(const std::string& folder, const std::string& cache);

// `invalid`, with its place and the nearest one, for a name that is no data class: neither a detector gives
// it to a text nor the program itself.
Result<> check_classes(const std::vector<ClassName>& named, const inspect::DetectorSet& detectors);

// Where the command line keeps what it compiled of a folder: below XDG_CACHE_HOME or HOME; empty where there
// is neither (XDG Base Directory Specification 0.8).
std::string rules_cache(const std::string& folder);

}  // namespace ostiary::app

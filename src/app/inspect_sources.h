#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/verbs.h"
#include "base/result.h"
#include "files/git.h"
#include "files/partial.h"

namespace ostiary::app {

// One text that `inspect` looks at.
struct Source {
  std::string_view file;  // as shown; empty: standard input
  std::string_view bytes;
  std::string_view commit;                               // of a history
  const std::vector<files::LineRange>* lines = nullptr;  // only these are new; nullptr: all
};

struct SourceSummary {
  std::uint64_t texts = 0, bytes = 0;
  std::uint64_t binaries = 0;   // passed over: pictures, programs and the like, in documents too
  std::uint64_t within = 0;     // of the texts: those that stand in documents and archives
  std::uint64_t documents = 0;  // those documents and archives
  std::vector<files::Partial> partial;
};

// Gives all texts that the options name; archives are unpacked, documents read. Errors are those of the call:
// a name that is not there, no git repository.
Result<SourceSummary> each_source(const InspectOptions& options,
                                  const std::function<void(const Source&)>& take);

}  // namespace ostiary::app

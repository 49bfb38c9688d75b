#pragma once

#include <string>
#include <vector>

#include "app/impl/terminal.h"
#include "app/inspect_sources.h"
#include "inspect/engine.h"

namespace ostiary::app {

// What `inspect --explain` tells: each place with its file, by file and place.
struct Explanation {
  std::vector<inspect::Explained> places;  // `location.file` is filled in
  SourceSummary sources;
};

// A line for each place: where, which detector, what became of it and which step decided. Never the value.
std::string explanation_text(const Explanation& explanation, const Style& style);
// {"kind":"explanation","ostiary":1,"partial":[…],"places":[…]}, canonical.
std::string explanation_json(const Explanation& explanation);

}  // namespace ostiary::app

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

// Why each place of a request's body in JSON is a finding or none, with its pointer, in which a name that
// holds something itself is "…". A string with escapes is looked at as what it says. `invalid`: it is no
// JSON.
Result<std::vector<inspect::Explained>> explain_body(inspect::Inspecting& inspecting, std::string_view body,
                                                     std::string_view file);

// A line for each place: where, which detector, what became of it and which step decided. Never the value.
std::string explanation_text(const Explanation& explanation, const Style& style);
// {"kind":"explanation","ostiary":1,"partial":[…],"places":[…]}, canonical.
std::string explanation_json(const Explanation& explanation);

}  // namespace ostiary::app

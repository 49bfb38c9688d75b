#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/impl/terminal.h"
#include "app/inspect_sources.h"
#include "inspect/engine.h"
#include "json/writer.h"

namespace ostiary::app {

// What a run of `inspect` came to.
struct Inspected {
  std::vector<inspect::Finding> findings;  // those shown, by file and place
  std::vector<inspect::Finding> known;     // of the baseline
  std::vector<inspect::Allowed> allowed;   // by the organisation's rules
  std::vector<std::string> values;         // of `findings`, where they are to be revealed; otherwise empty
  std::vector<std::string> classes;        // data classes of the whole, sorted
  inspect::Size size;                      // of all texts; attachments: documents and archives
  SourceSummary sources;
  std::shared_ptr<const inspect::Engine> engine;  // that found them
};

// The value of `partial` in JSON, and a line for each.
void write_partial(json::Writer& w, const std::vector<files::Partial>& partial);
std::string partial_text(const std::vector<files::Partial>& partial, const Style& style);

std::string inspection_text(const Inspected& inspected, const Style& style);
std::string inspection_json(const Inspected& inspected);  // interfaces.md
std::string inspection_sarif(const Inspected& inspected);

}  // namespace ostiary::app

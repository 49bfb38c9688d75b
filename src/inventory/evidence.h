#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "inventory/use.h"
#include "json/document.h"

namespace ostiary::inventory {

// What was seen since the last time somebody looked, of one kind of source or of several.
struct Evidence {
  static constexpr std::size_t kMost = 75'000;  // things that are compared at once

  std::vector<Sighting> sightings = {};   // as they came, each thing once
  std::vector<std::string> partial = {};  // what was not read, in a sentence each
  // Whether a source of the kind was looked at at all: without it nothing follows from what it does not show.
  bool scanned = false, gate = false, logs = false;

  void add(const Sighting& sighting);

 private:
  std::unordered_map<std::string, std::size_t> known_;  // by key
};

// Takes in a document of `ostiary scan --format json` (kind "scan") or `scan --logs` ("scan-logs"), told by
// its kind. `repository`: what the code is called, where it is a scan. `at`: when it was scanned. Components
// that name neither a provider nor a thing (credentials, for one, by their provider) count like the others;
// those that are only mentioned do not. `invalid` for anything else.
Result<> take_document(Evidence& evidence, json::Value document, std::string_view repository, WallMs at);

}  // namespace ostiary::inventory

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"

namespace ostiary::catalog {

// <folder>/list/<id>.yaml: names that an organisation wants to be told of (catalog/schema/list.yaml), with
// those of its text file.
struct List {
  std::string id, name, kind, data_class, confidence;  // the last two empty where left out
  bool any_case = true;
  std::vector<std::string> entries;  // each once, in order
};

// <folder>/allow/<id>.yaml: what an organisation accepts (catalog/schema/allow.yaml). What is left out is
// empty.
struct AllowRule {
  std::string id, value_sha256, fingerprint, path, key, detector, because, by;
  std::string until;  // YYYY-MM-DD, the last day (UTC)
};

// What an organisation says in its own files; each part sorted by id.
struct Organisation {
  std::vector<Detector> detectors;
  std::vector<List> lists;
  std::vector<AllowRule> allow;
  bool empty() const { return detectors.empty() && lists.empty() && allow.empty(); }
};

// Reads <folder>/detector, list and allow, of which any may be missing, and holds them to the catalogue's
// schemas; `origin` may be left out. `not_found` where there is no folder; else the first thing that is wrong
// with file:line:column, and how many more there are. An id that the catalogue's detectors have is refused,
// and more than 20,000 entries or 1 MB of them.
Result<Organisation> read_organisation(const std::string& folder);

// Where a field of an organisation's entry of a kind ("detector", "list", "allow") stands:
// "file:line:column", or the file.
std::string place_of(const std::string& folder, const std::string& kind, const std::string& id,
                     std::string_view field);

}  // namespace ostiary::catalog

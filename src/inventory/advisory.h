#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "inventory/version_order.h"
#include "json/document.h"

namespace ostiary::inventory {

// A package or product that an advisory names, and its versions.
struct Affected {
  struct Event {
    enum class Kind : std::uint8_t { introduced, fixed, last_affected };
    Kind kind = Kind::introduced;
    std::string version;  // of introduced "0": all before too
  };
  std::string ecosystem = {};  // as written; empty: it does not say
  std::string name = {};
  VersionOrder order = VersionOrder::any;
  std::vector<std::vector<Event>> ranges = {};  // each with its events
  std::vector<std::string> versions = {};       // single ones
  bool all = false;                             // it names no version: every one
  bool unclear = false;  // its versions cannot be compared (commits, an unknown form): none is known to be it

  // `version` is one exact version. False where it is unclear.
  bool holds(std::string_view version) const;
};

struct Advisory {
  std::string id = {}, summary = {};
  bool withdrawn = false;
  std::vector<Affected> affected = {};
  std::vector<std::string> partial = {};  // what of it was not understood; it counts as unknown
};

// Advisories of a document: OSV (schema 1.x: one, an array of them, or {"vulns": […]}) or CSAF 2.0. `invalid`
// for anything else. Texts are data: they are cleaned and cut. Linear in the document.
Result<std::vector<Advisory>> read_advisories(std::string_view text);

}  // namespace ostiary::inventory

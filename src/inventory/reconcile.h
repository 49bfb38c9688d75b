#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "inventory/evidence.h"
#include "inventory/use.h"

namespace ostiary::inventory {

enum class Gap : std::uint8_t {
  in_code_not_at_gate,  // code reaches a provider that the gate never saw asked for
  at_gate_not_in_code,  // the gate saw a provider asked for that no scanned code reaches
  approved_but_gone,    // it was approved, and nothing shows it any more
  seen_never_declared,  // something shows it, and no use covers it
  new_since             // seen first since a day
};
std::string_view name(Gap gap);  // "in-code-never-at-gate", …
std::optional<Gap> gap_named(std::string_view word);

struct Finding {
  Gap gap = Gap::seen_never_declared;
  std::optional<Id> use = {};              // that it is about
  std::string what = {};                   // in a few words: the provider, the tool, the use's title
  std::string text = {};                   // a sentence
  std::string owner = {}, team = {};       // to tell; empty: unknown
  std::vector<std::string> evidence = {};  // a line each, at most kMostEvidence
  static constexpr std::size_t kMostEvidence = 10;
};

// A use that something shows now.
struct Mark {
  Id use;
  std::vector<Sighting> sightings;  // by key
};

struct Reconciled {
  std::vector<Finding> findings;  // by gap, then by what they are about
  std::vector<Use> proposed;      // uses to add, with ids that begin at `first_id`; nobody declared them
  std::vector<Mark> marks;        // by use
  std::vector<std::string> partial;
};

struct Reconciling {
  WallMs now = 0;
  std::optional<WallMs> since = {};          // none: nothing is new
  WallMs gone_after_ms = 90LL * 86'400'000;  // nothing showed it for so long
};

// Compares what was seen with what is known. Nothing is changed. The same values give the same result but for
// the ids of `proposed`, which `make_id` makes in their order. Time: what was seen, times the uses that have
// something in common with it.
Reconciled reconcile(const std::vector<Use>& uses, const Evidence& evidence, const Reconciling& how,
                     Id (*make_id)() = Id::make);

}  // namespace ostiary::inventory

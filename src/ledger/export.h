#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"

namespace ostiary::ledger {

// Which records are wanted: all of what is set must hold. A record without the member is not among them.
struct RecordFilter {
  std::optional<WallMs> since, until;  // its time: from `since` on, before `until`
  std::optional<Id> id;                // of the exchange
  std::string kind, team, subject, service, model, outcome;
  std::string decision;  // the effect: "allow", "redact", …
};

struct Exported {
  std::uint64_t read = 0, matched = 0;  // records
  std::uint64_t removed = 0;            // their lines are gone with their age: nothing can be said of them
};

// Gives every record that the filter wants to `take`, in order, as it stands in the ledger (without newline):
// those that are there when it begins. Over 1,000,000 records/s on one core. An Error of `take` ends it.
Result<Exported> export_records(
    const std::string& data_folder, const RecordFilter& filter,
    const std::function<Result<>(std::string_view line)>& take,
    const std::function<void(std::uint64_t done, std::uint64_t all)>& progress = {});

}  // namespace ostiary::ledger

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"

namespace ostiary::ledger {

// What a key has used in a month (UTC).
struct UsageSum {
  std::string month, key, team;  // month: "2026-11"
  std::uint64_t exchanges = 0, input = 0, output = 0, cached = 0;
  std::int64_t cost_nano = 0;
  bool operator==(const UsageSum&) const = default;
};

// What stands in the place of a segment that retention removed (ledger/<first>.sums), so that who adds up
// what was used need not have read its records. An exchange counts once: where a later segment holds a record
// of it, it counts there.
struct SegmentSums {
  std::vector<UsageSum> usage;  // sorted by month, key, team
  std::vector<Id> ended;        // exchanges that ended here while an earlier segment that stood began them
  bool operator==(const SegmentSums&) const = default;
};

std::string sums_path(const std::string& ledger_folder, std::uint64_t first);
// Durable; writes nothing where the file says that already.
Result<> write_sums(const std::string& ledger_folder, std::uint64_t first, const SegmentSums& sums);
// `not_found` where there are none, `corrupt` where they are damaged, `newer`.
Result<SegmentSums> read_sums(const std::string& ledger_folder, std::uint64_t first);

// For a reader of records that found none from number `from` to `to`: gives `take` the sums of the segments
// between that were removed, in order. Those without sums are passed over with a warning in the log.
Result<> each_removed(const std::string& data_folder, std::uint64_t from, std::uint64_t to,
                      const std::function<void(const SegmentSums&)>& take);
// Whether a reader that stands at record `index` has read a part of a segment that was removed meanwhile, so
// that the sums, which are of the whole, are of no use to it.
bool is_within_removed(const std::string& data_folder, std::uint64_t index);

// The month of a time, "2026-11".
std::string month_of(WallMs at);

}  // namespace ostiary::ledger

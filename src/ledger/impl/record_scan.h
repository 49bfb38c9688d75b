#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ostiary::ledger {

// Called with a record's number and line; false ends the scan.
using TakeRecord = std::function<Result<bool>(std::uint64_t index, std::string_view line)>;

// The records from number `from` on whose lines still stand, oldest first, up to those that had their leaf
// hash when their segment was opened: none of them can be taken back by a failed write. Segments without a
// .log are passed over. Beside a writer it is exact for what was appended before.
Result<> scan_records(const std::string& ledger, std::uint64_t from, const TakeRecord& take);

// The records of one segment.
Result<bool> scan_segment(const std::string& ledger, std::uint64_t first, std::uint64_t from,
                          const TakeRecord& take);

}  // namespace ostiary::ledger

#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/impl/key_eraser.h"
#include "ledger/keeping_record.h"
#include "ledger/sums.h"

namespace ostiary::ledger {

// What is to be known of segments before they are removed.
struct Removal {
  std::vector<SegmentSums> sums;  // of each
  IdSet last;                     // exchanges of which no record will stand anywhere, nor is to come
};

// `going`: whole segments that stand, ascending. Reads them, those kept before them, and on behind each until
// it is known how its exchanges went on. `closed` soon after `stopping` became true.
Result<Removal> look_before_removal(const std::string& ledger_folder, const std::vector<Range>& going,
                                    const std::atomic<bool>& stopping);

}  // namespace ostiary::ledger

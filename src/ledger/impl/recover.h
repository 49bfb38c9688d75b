#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "ledger/impl/checkpoint.h"
#include "ledger/impl/merkle.h"
#include "ledger/impl/segment.h"
#include "ledger/record.h"

namespace ostiary::ledger {

struct Recovery {
  Frontier frontier;               // of all records
  Segment segment;                 // ready to be appended to
  std::uint64_t checkpointed = 0;  // records under the newest checkpoint
  Found found;                     // behind it
  std::uint64_t completed = 0;     // records that had been written without their leaf hash
  std::string kept;                // the file that the cut bytes were put into; empty: none were cut
};

// Makes the ledger in folder `ledger` fit to be written to, as ledger.h says of opening. The caller is its
// only writer.
Result<Recovery> recover(const std::string& ledger, const SigningKey& key);

}  // namespace ostiary::ledger

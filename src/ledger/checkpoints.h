#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/result.h"

namespace ostiary::ledger {

// A checkpoint that the ledger gave: a signed tree head (C2SP), as text.
struct GivenCheckpoint {
  std::uint64_t size = 0;  // records that it covers
  std::string root;        // base64
  std::string note;
};

// The newest `n` of those that cover fewer than `below` records, newest first, as they stand in the data
// folder: no signature is checked (verify() does). May run beside the gate.
Result<std::vector<GivenCheckpoint>> given_checkpoints(
    const std::string& data_folder, std::size_t n,
    std::uint64_t below = std::numeric_limits<std::uint64_t>::max());

}  // namespace ostiary::ledger

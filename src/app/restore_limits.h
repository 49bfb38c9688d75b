#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "gateway/limits.h"

namespace ostiary::app {

// Fills the accounts of a program that begins with what its predecessors used: the months from the exchange
// table and what the ledger has beyond it, the last minute from the ledger's end. What had left and whose end
// nobody wrote counts as it was reserved. The limiter knows the lines of keys already. `size`: records of the
// ledger.
Result<> restore_limits(gateway::Limiter& limiter, const std::string& data_folder, std::uint64_t size,
                        WallMs now);

}  // namespace ostiary::app

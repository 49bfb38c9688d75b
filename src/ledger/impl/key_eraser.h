#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "base/id.h"
#include "base/result.h"

namespace ostiary::ledger {

using IdSet = std::unordered_set<Id, IdHash>;

// Overwrites the digest keys of these exchanges with zeros, in place, and brings that to the disk. Returns
// how many entries of theirs are zeros now, those that were before included. Beside a ledger that appends.
Result<std::uint64_t> erase_digest_keys(const std::string& keys_folder, const IdSet& exchanges);

}  // namespace ostiary::ledger

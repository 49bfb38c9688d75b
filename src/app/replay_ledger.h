#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "policy/replay.h"

namespace ostiary::app {

struct Replayed {
  policy::Replay replay;
  std::uint64_t records = 0;    // read, of all kinds
  std::uint64_t undecided = 0;  // exchanges that were refused before anything was decided about them
  std::uint64_t unread = 0;     // outcomes that are no JSON
  std::uint64_t removed = 0;    // records that are gone with their age
};

// Decides the exchanges of a ledger again under another policy, on all processors; bench/policy/replay.cc
// times it. Reads beside a gate that runs. Exchanges that began at or after `since` and before `until` count.
Result<Replayed> replay_ledger(const std::string& data_folder, const policy::Policy& candidate,
                               policy::Replay::AtService at_service, std::optional<WallMs> since,
                               std::optional<WallMs> until,
                               const std::function<void(std::uint64_t done, std::uint64_t all)>& progress);

}  // namespace ostiary::app

#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "app/witness.h"

namespace ostiary::app {

// How each kind of witness gets a checkpoint. `until` is the moment at which to give up; it may be moved
// nearer meanwhile.
Result<> give_to_git(const WitnessSettings& witness, std::string_view note, const std::atomic<MonoNs>& until);
Result<> give_to_webhook(const WitnessSettings& witness, std::string_view note,
                         const std::atomic<MonoNs>& until);

// The notes in the history of a repository's branch, oldest first; `invalid` where there is none.
Result<std::vector<std::string>> notes_in_git(const std::string& folder, const std::string& branch);

}  // namespace ostiary::app

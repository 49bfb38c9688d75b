#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/writer.h"
#include "policy/due.h"

namespace ostiary::console {

// What a data folder knows that makes a policy document due for a review.
struct PolicySeen {
  policy::Seen seen;
  std::vector<std::string> partial;  // what could not be said, and why
};

// Counts how often each rule decided (in the ledger) and how often the same was asked (in the store) within
// the times that the document's `review` names; nothing where it names none. Reads beside a gate that runs, a
// million records a second; `stopped` ends it early, which makes it partial.
Result<PolicySeen> policy_seen(const std::string& data_folder, const policy::Document& document, WallMs now,
                               const std::function<bool()>& stopped);

// {"clause", "date", "kind", "line", "name", "overdue", "text"}; what it does not have is null.
void append_due(json::Writer& w, const policy::Due& due);

}  // namespace ostiary::console

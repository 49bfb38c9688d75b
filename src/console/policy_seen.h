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

// What the catalogue of this build has that a review may be about: the day of its newest entry, and features
// of the providers that a list of the document names.
void add_catalogue(policy::Seen& seen, const policy::Document& document);

// When the document came into force here, as the folder's archive of documents tells; 0: never.
WallMs in_force_since(const std::string& data_folder, const policy::Document& document);

// The catalogue's news, when the document came into force, and how often: counts how often each rule decided
// (in the ledger) and how often the same was asked (in the store) within the times that the document's
// `review` names; of that nothing where it names none. Reads beside a gate that runs, a million records a
// second; `stopped` ends it early, which makes it partial.
Result<PolicySeen> policy_seen(const std::string& data_folder, const policy::Document& document, WallMs now,
                               const std::function<bool()>& stopped);

// {"clause", "date", "kind", "line", "name", "overdue", "text"}; what it does not have is null.
void append_due(json::Writer& w, const policy::Due& due);

}  // namespace ostiary::console

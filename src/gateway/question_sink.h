#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "inspect/finding.h"
#include "policy/decision.h"

namespace ostiary::gateway {

// A request that the policy stopped, with all that is known of it and none of its text.
struct Refusal {
  Id exchange;
  WallMs at = 0;
  std::string subject, team, key;  // pseudonym, team and id of the key
  std::string tool;                // empty: not known
  std::string endpoint;            // such as chat/completions
  std::string service, provider, surface, model;
  policy::Effect effect = policy::Effect::deny;  // ask or deny
  policy::Decision decision;                     // with rules, facts, `because`, `instead`, `alternative`
  std::vector<inspect::Finding> findings;        // masked
  std::vector<std::string> classes;              // data classes of the request, sorted
  std::vector<std::string> partial;              // what of it was not read
  std::string fingerprint;                       // policy::request_fingerprint
  // How long an approval lasts at most, in milliseconds, where a rule says `expire`. The gate asks again
  // after that whatever the approval itself says.
  std::optional<std::uint64_t> approval_lasts_ms;
};

// Somebody answered that a request may pass.
struct Approval {
  std::string question;  // "Q-17"
  WallMs granted = 0;    // when it was answered
  WallMs expires = 0;    // the first moment at which it holds no longer
};

// What the gate asks of the desk. Its functions may be called from several threads at a time, and must not
// throw.
class QuestionSink {
 public:
  virtual ~QuestionSink() = default;
  // The number of the question that a refusal is or becomes, such as "Q-17": an `ask` opens one, a `deny`
  // makes one that waits for its asker. The same fingerprint has the same number while that question can
  // still be answered. May block: it is never called on a loop's thread, and nobody waits longer than
  // Questions::kPatienceMs for it.
  virtual Result<std::string> question_for(const Refusal& refusal) = 0;
  // The approval that holds for the same request at `now`. Reads memory only: it is called on loops.
  virtual std::optional<Approval> approved(std::string_view fingerprint, WallMs now) const = 0;
};

}  // namespace ostiary::gateway

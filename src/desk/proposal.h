#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "desk/question.h"

namespace ostiary::desk {

struct RuleWish {
  std::string id = {};               // empty: "q-17"
  std::string clause = {};           // anchor below which it stands; empty: that of the answer
  std::optional<WallMs> until = {};  // last moment of an exception; none: the answer's expiry, or in 180 days
};

struct Proposal {
  std::string rule;      // YAML of the rules that are added
  std::string test;      // YAML of their tests
  std::string document;  // the whole text with them
  std::string diff;      // unified, with three lines of context, from a/NAME to b/NAME
};

// Rules that say what the answer to `question` says, for requests with the facts that it states, with a test
// for each. Where it allows what rules refused, they are exceptions from these. The changed document is read,
// checked and tested; `invalid` says which rule stands against it.
Result<Proposal> propose_rule(const Question& question, const RuleWish& wish, std::string_view document,
                              std::string_view file_name, WallMs now);

}  // namespace ostiary::desk

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "desk/question.h"
#include "store/questions.h"

namespace ostiary::desk {

// While the asker was asked.
struct Pause {
  WallMs from = 0;
  std::optional<WallMs> to;  // none: still
};

// A question with what only the desk needs to know of it. Of what is stored, the question alone has no
// clocks, events and earlier answers, and of its answer no texts and rules: load() reads these.
struct Kept {
  static constexpr std::size_t kMostPauses = 50;

  Question question;
  std::string salt;
  std::string topic;
  std::vector<Pause> pauses;           // since it was last asked
  std::vector<std::string> escalated;  // clocks that were told of since then
  bool assigned = false;               // somebody chose the owner
  bool worded = false;                 // the asker, and not the gate alone, said what it is about
  bool people = false;                 // somebody, and not the policy or a precedent, answered it
  bool reversed = false, reversed_automatic = false;
  // Working time until the first answer and the decision of people, of the first time that it was asked.
  std::optional<std::uint64_t> first_ms, decision_ms;
  bool breached = false;  // a clock ran out before that
  std::optional<WallMs> remind;
  std::optional<WallMs> touched;
};

store::StoredQuestion to_stored(const Kept& kept);
Result<Kept> from_stored(store::StoredQuestion stored);
store::StoredAnswer to_stored(const Answer& answer);
Result<Answer> from_stored(const store::StoredAnswer& stored);

}  // namespace ostiary::desk

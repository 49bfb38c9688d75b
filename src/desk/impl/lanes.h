#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "desk/calendar.h"
#include "desk/question.h"
#include "policy/policy.h"

namespace ostiary::desk {

// A lane with what the document promises for it.
struct LaneChoice {
  std::string name = {}, owner = {}, escalate_to = {};
  Risk risk = Risk::high;
  std::uint64_t first_answer_ms = 0, decision_ms = 0;  // working time; 0: no target
};

// The lanes of a document, and its calendar.
class Lanes {
 public:
  Lanes() = default;  // of no document
  static Result<Lanes> make(const policy::Document& document);

  // The lane of highest risk whose condition holds or is unknown (of several the first by name); where none
  // does, the one of highest risk. Without lanes "usual", with a risk that the facts have by themselves.
  LaneChoice choose(const policy::Facts& facts) const;
  // Targets of a lane by its name; none for one that the document does not know.
  LaneChoice targets_of(const std::string& name) const;
  bool knows(const std::string& name) const;
  const Calendar& calendar() const { return calendar_; }

 private:
  std::vector<LaneChoice> lanes_;  // strictest first, then by name
  std::optional<policy::Policy> conditions_;
  LaneChoice usual_{.name = "usual"};
  Calendar calendar_;
};

}  // namespace ostiary::desk

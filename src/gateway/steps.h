#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/exchange.h"
#include "inspect/finding.h"
#include "policy/decision.h"
#include "policy/fact_table.h"
#include "policy/policy.h"

namespace ostiary::gateway {

// *inspect*: what the request holds. Never changes the text. Called once an exchange; may be called from
// several threads at a time.
class Inspector {
 public:
  virtual ~Inspector() = default;
  // Whether it may take longer than about a millisecond, so that it is done on a thread of LongWork and not
  // on the loop's. Must be quick itself.
  virtual bool takes_long(const Exchange&) const { return false; }
  // Ends soon after `stop` says so; nobody wants to know then what was found.
  virtual void inspect(const Exchange& exchange, inspect::Inspection& found,
                       const std::stop_token& stop) const = 0;
};

// *decide*: asked once for each target that an exchange might go to. Pure: same facts, same decision.
class Decider {
 public:
  virtual ~Decider() = default;
  virtual policy::Decision decide(const policy::Facts& facts, const inspect::Inspection& found) const = 0;
  // The same for who decides often and keeps `scratch`, which is used by one thread at a time.
  virtual policy::Decision decide_often(const policy::Facts& facts, const inspect::Inspection& found,
                                        policy::Verdict& scratch) const {
    (void)scratch;
    return decide(facts, found);
  }
  // Two values of one fact that make no difference to it.
  virtual bool alike(const policy::Fact& a, const policy::Fact& b) const { return a.value == b.value; }
  // The facts it may ask for; the others are not gathered.
  virtual policy::FactSet wants() const { return policy::kAllFacts; }
};

// *examine*, for one answer. What is fed comes out of `settled` unless it may be part of a finding.
class Examination {
 public:
  virtual ~Examination() = default;
  virtual void feed(std::string_view bytes, std::string& settled) = 0;
  // `cut`: the answer broke off, so that what is held may not be shown.
  virtual void finish(bool cut, std::string& settled) = 0;
  virtual std::vector<inspect::Finding> findings() const = 0;
  // When something has been held for as long as it may be; 0: nothing is held. From then on expire() gives
  // what may go out in its place.
  virtual MonoNs due() const { return 0; }
  virtual void expire(std::string& settled) { settled.clear(); }
  // The answer was not looked at to its end, and may not go on: nothing settles any more.
  virtual bool refused() const { return false; }
};

// How an answer comes: as a stream of events, as one body that is fed at once, or as a body in pieces that is
// too large to be kept.
enum class AnswerKind : std::uint8_t { stream, whole, pieces };

class Examiner {
 public:
  virtual ~Examiner() = default;
  // Null: nothing to examine in this answer, its bytes go on untouched.
  virtual std::unique_ptr<Examination> begin(const Exchange& exchange, AnswerKind kind) const = 0;
};

// The pass-through of each step.
class NoInspection final : public Inspector {
 public:
  void inspect(const Exchange&, inspect::Inspection&, const std::stop_token&) const override {}
};
class NoExamination final : public Examiner {
 public:
  std::unique_ptr<Examination> begin(const Exchange&, AnswerKind) const override { return nullptr; }
};

}  // namespace ostiary::gateway

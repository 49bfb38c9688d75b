#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "desk/desk.h"
#include "desk/impl/clocks.h"
#include "desk/impl/kept.h"
#include "desk/impl/lanes.h"
#include "desk/similar.h"

namespace ostiary::desk {

// What one change writes: events and answers besides the question itself, and its lines of the ledger.
struct Writing {
  std::vector<Event> events = {};
  std::vector<Answer> answers = {};
  // Action and detail without "number"; made when the number is known.
  std::vector<std::pair<std::string_view, std::string>> records = {};
  bool approvals = false, precedents = false;  // it may change them
};

// All of the desk but its lock: functions are called with it held.
class Desk::Impl {
 public:
  Impl(store::Questions& questions, Journal& journal) : store_(questions), journal_(journal) {}

  // What ends one change: all of it is written and recorded, or nothing is.
  Result<> commit(Kept& kept, Writing& writing, WallMs now);
  Result<> read_answers(Kept& kept);                // all, into `answer` and `earlier`
  Result<Kept> load(store::StoredQuestion stored);  // with its answers
  Result<Kept> find(std::uint64_t number);          // the same
  Result<Kept> find_visible(std::uint64_t number, const Actor& by);
  Result<Question> shown(Kept kept, WallMs now);  // with clocks and events
  Result<Question> shown(std::uint64_t number, WallMs now);

  // desk_ask.cc
  Result<Question> ask(const Asking& asking, const Actor& by, WallMs now);
  Result<Question> refused(const Refusal& refusal, WallMs now);
  Result<Question> raise(std::uint64_t number, const Asking& more, const Actor& by, WallMs now);
  // desk_answer.cc
  Result<Question> ask_back(std::uint64_t number, std::string_view note, const Actor& by, WallMs now);
  Result<Question> reply(std::uint64_t number, std::string_view note, const Actor& by, WallMs now);
  Result<Question> answer(std::uint64_t number, const AnswerWish& wish, const Actor& by, WallMs now);
  Result<Question> appeal(std::uint64_t number, std::string_view why, const Actor& by, WallMs now);
  Result<Question> withdraw(std::uint64_t number, std::string_view why, const Actor& by, WallMs now);
  Result<Question> assign(std::uint64_t number, std::string_view owner, const Actor& by, WallMs now);
  Result<Question> make_precedent(std::uint64_t number, std::string_view title, std::string_view clause,
                                  const Actor& by, WallMs now);
  Result<Question> end_precedent(std::uint64_t number, std::string_view why, const Actor& by, WallMs now);
  // desk_policy.cc
  Result<> use_policy(std::shared_ptr<const policy::Policy> policy, FactsOfTarget target,
                      NearestAllowed nearest, WallMs now);
  Result<std::vector<Escalation>> tick(WallMs now);
  // desk_stats.cc
  Result<Stats> stats(WallMs from, WallMs to, WallMs now);

  Result<> read_approvals();
  void publish(std::shared_ptr<const Approvals> approvals);
  Result<std::vector<Question>> precedents(WallMs now);

  store::Questions& store_;
  Journal& journal_;
  std::mutex mutex_;
  std::shared_ptr<const policy::Policy> policy_;
  FactsOfTarget target_;
  NearestAllowed nearest_;
  std::shared_ptr<const Lanes> lanes_ = std::make_shared<const Lanes>();  // of policy_
  bool settled_ = false;                                                  // the questions follow policy_
  WallMs offers_looked_at_ = 0;
  std::mutex approvals_mutex_;  // held for a moment only; within mutex_ or alone
  std::shared_ptr<const Approvals> approvals_ = std::make_shared<const Approvals>();

 private:
  // A precedent as asks are compared with it.
  struct Earlier {
    std::uint64_t number = 0;
    std::string fingerprint, facts, asker;
    std::string use;  // of a refusal; empty: it answers no other
    bool in_force = false, from_gate = false;
    Wording wording;
  };
  Result<const std::vector<Earlier>*> earlier();
  // The number of the precedent that answers it, or 0, and those that are near.
  Result<std::uint64_t> match(Question& question);
  Result<bool> answer_by_precedent(Kept& kept, Writing& writing, WallMs now);
  bool answer_by_policy(Kept& kept, Writing& writing, WallMs now);
  void decide(Question& question);
  // To the desk: a precedent, the policy, or a lane.
  Result<> take_up(Kept& kept, Writing& writing, const Actor& by, WallMs now);
  void give_automatic(Kept& kept, Writing& writing, Answer answer, WallMs now);
  Result<std::optional<Kept>> standing(const Refusal& refusal, WallMs now);
  Result<> check_room(std::string_view asker, WallMs now);
  Result<Question> repeat(Kept kept, const Asking& asking, const Actor& by, WallMs now);
  Result<Kept> stated(const Asking& asking, const Actor& by, WallMs now);
  Result<> state_facts(Question& q, const Asking& asking, WallMs now);
  Result<std::string> clause_of(const Kept& kept, std::string_view wanted) const;
  // Back to the queue with new clocks.
  void reopen(Kept& kept, WallMs now);
  Result<std::optional<Escalation>> look_at(Kept& kept, WallMs now);
  Result<> follow(store::StoredQuestion stored, WallMs now);
  Result<> reopen_if_changed(store::StoredQuestion stored, WallMs now);
  Result<> reopen_lapsed(store::StoredQuestion stored, WallMs now);
  Result<> settle(WallMs now);
  // Whether the clause that an answer rests on says what it said.
  bool clause_stands(const Answer& answer) const;
  Result<> check_replies(const Question& question);
  Result<> check_answerer(const Kept& kept, const Actor& by);

  std::vector<Earlier> earlier_;
  bool earlier_known_ = false;
  friend class Desk;
};

// A digest of a text under a question's salt, as the ledger keeps it: hexadecimal; "" for an empty text or
// salt.
std::string text_digest(const std::string& salt, std::string_view text);
std::string new_salt();
// What the record of an answer says.
std::string answer_record(const Kept& kept, const Answer& answer, std::string_view by);
std::string event_record(const Kept& kept, std::string_view by, std::string_view text);
std::unexpected<Error> wrong_state(const Question& question, std::string_view what);
// The rule or facts by which questions are counted together.
std::string topic_of(const Question& question);
// The digest of a clause of the document; empty where there is no such clause.
std::string clause_digest(const policy::Document& document, std::string_view anchor);
// What may be done instead, in the document's words and as it was computed.
std::string way_out(const policy::Decision& decision);
std::string actor_name(const Actor& by);
std::string key_of(const Actor& by);  // as a record names it
// At the data folder itself: the command line, the control socket.
inline bool is_local(const Actor& by) {
  return by.key == "local" || (by.key.empty() && by.subject.empty());
}
// The decision of a refusal looked at something, so that another may be the same.
inline bool is_comparable(const Question& question) {
  return question.origin != Origin::gate || (question.decision && !question.decision->facts.empty());
}
inline bool allows(Ruling ruling) {
  return ruling != Ruling::deny;
}
// An answer to it lets the refused request pass.
inline bool is_approvable(const Question& question) {
  return !question.request_fingerprint.empty() && question.decision &&
         question.decision->effect == policy::Effect::ask;
}
// The end of an approval that `wanted` (none: nothing was said) gives from `now` on.
WallMs approval_end(const Question& question, const std::optional<WallMs>& wanted, WallMs now);

}  // namespace ostiary::desk

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "desk/approvals.h"
#include "desk/proposal.h"
#include "desk/question.h"
#include "desk/stats.h"
#include "policy/policy.h"
#include "store/questions.h"

namespace ostiary::desk {

// A change that was made, for the ledger: numbers and digests, no text of people.
struct Change {
  WallMs at = 0;
  std::string_view action;  // "question-asked", "question-answered", …
  std::string_view what;    // "Q-17"
  std::string_view detail;  // canonical JSON
};

// Where changes are recorded before they hold. What it fails with is what the change fails with, and nothing
// was changed. Called with the desk's lock held: it may not call the desk.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual Result<> record(const Change& change) = 0;
};

// What is known about a service of the configuration without asking anybody: target.* facts for it, with a
// model where one is named. Nothing where there is no such service.
using FactsOfTarget =
    std::function<std::optional<policy::Facts>(std::string_view service, std::string_view model)>;
// The nearest way to do what `facts` say that the policy allows; empty: none is known.
using NearestAllowed = std::function<std::string(const policy::Facts& facts)>;

// What answers to a question, from a person.
struct AnswerWish {
  Ruling ruling = Ruling::deny;
  std::string reason = {};             // must say something
  std::string conditions = {};         // must say something with allow_with_conditions
  std::optional<WallMs> expires = {};  // must lie ahead
  std::string clause = {};  // anchor in the document in force; empty: that of the first rule that refused
};

struct Filter {
  std::vector<State> states = {};       // empty: all but offered
  std::vector<std::string> teams = {};  // empty: all
  std::string asker = {};               // empty: all
  std::string lane = {};                // empty: all
  std::uint64_t after = 0;              // behind this number
  std::size_t most = 100;
};

// A clock that is about to run out.
struct Escalation {
  std::uint64_t number = 0;
  std::string clock = {};  // "first-answer", "decision", "deadline"
  std::string lane = {}, owner = {}, escalate_to = {}, team = {};
  WallMs due = 0;
};

// Questions, precedents, lanes and clocks. Thread-safe; every function may wait for the disk, so none is
// called on a loop's thread but approvals(). Times are milliseconds since 1970.
//
// A change is recorded (Journal) before it holds. Errors: `not_found` for a number that does not exist or
// that the actor may not see, `exists` where the question's state does not allow it (told with the state),
// `denied`, `invalid`, `too_large` where one asker has kMostOpenOfOne open questions or the desk kMostOpen.
class Desk {
 public:
  static constexpr std::size_t kMostOpenOfOne = 100, kMostOpen = 10'000, kMostPrecedents = 5'000;

  // `questions` and `journal` must outlive it.
  static Result<std::unique_ptr<Desk>> open(store::Questions& questions, Journal& journal);
  ~Desk();

  // The document in force from now on, with what surrounds it (either function may be empty). Lanes, targets
  // and due times follow it; precedents whose clause changed are reopened. Without one (null) nothing is
  // answered automatically, and there is one lane without targets.
  Result<> use_policy(std::shared_ptr<const policy::Policy> policy, FactsOfTarget target,
                      NearestAllowed nearest, WallMs now);

  // The same question as before gets its precedent, what the document lets be answered automatically is
  // answered by the policy, and the rest goes to a lane. An open question of the same asker that asks the
  // same is that question.
  Result<Question> ask(const Asking& asking, const Actor& by, WallMs now);
  // A refusal of the gate. The same refusal of the same subject keeps its number.
  Result<Question> refused(const Refusal& refusal, WallMs now);
  // Takes an offered question to the desk ("desk ask Q-17"), with what the asker adds: text, what for, what
  // is asked for besides where the refusal said nothing. By its asker alone.
  Result<Question> raise(std::uint64_t number, const Asking& more, const Actor& by, WallMs now);

  // An actor who answers nothing sees their own questions only: others are `not_found`.
  Result<Question> find(std::uint64_t number, const Actor& by, WallMs now);
  Result<std::vector<Question>> list(const Filter& filter, const Actor& by, WallMs now);  // by number
  // Open ones: overdue, due in 1 working hour, in 8, later; then people blocked, risk, due; the first 1,000.
  // By who answers.
  Result<std::vector<Question>> queue(const Actor& by, WallMs now);

  Result<Question> ask_back(std::uint64_t number, std::string_view note, const Actor& by, WallMs now);
  Result<Question> reply(std::uint64_t number, std::string_view note, const Actor& by, WallMs now);
  // Of an answered question: a new answer, which reverses the one before where it says otherwise.
  Result<Question> answer(std::uint64_t number, const AnswerWish& wish, const Actor& by, WallMs now);
  // An answered question goes to the queue with that answer attached, which holds until there is another
  // unless it allowed something. By its asker, or who answers.
  Result<Question> appeal(std::uint64_t number, std::string_view why, const Actor& by, WallMs now);
  Result<Question> withdraw(std::uint64_t number, std::string_view why, const Actor& by, WallMs now);
  Result<Question> assign(std::uint64_t number, std::string_view owner, const Actor& by, WallMs now);

  // `title`: the question in general words, which stay when its asker is erased. The clause that it rests on
  // is the answer's, or `clause` where that is given.
  Result<Question> make_precedent(std::uint64_t number, std::string_view title, std::string_view clause,
                                  const Actor& by, WallMs now);
  Result<Question> end_precedent(std::uint64_t number, std::string_view why, const Actor& by, WallMs now);
  Result<std::vector<Question>> precedents(WallMs now);  // in force and reopened, by number

  // A rule that says what the answer says, as a change to `document` (the text of the document, which must be
  // usable). Nothing is changed.
  Result<Proposal> propose_rule(std::uint64_t number, const RuleWish& wish, std::string_view document,
                                const Actor& by, WallMs now);

  // Approved requests; may be asked on any thread at any time, and waits for nothing.
  std::shared_ptr<const Approvals> approvals() const;

  // What became due: each escalation once. Ends what expired. To be called about every minute.
  Result<std::vector<Escalation>> tick(WallMs now);

  // Of questions that were asked in [from, to).
  Result<Stats> stats(WallMs from, WallMs to, WallMs now);
  // What was asked or refused more than `more_than` times since `from`, most often first.
  Result<std::vector<Asked>> asked_often(WallMs from, std::uint64_t more_than);

  // What the store forgot of a subject is forgotten here too.
  Result<> subject_erased();

 private:
  class Impl;
  explicit Desk(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::desk

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/decision.h"
#include "policy/document.h"
#include "policy/fact_table.h"

namespace ostiary::policy {

// Kleene's three values: a condition over a fact that is not there is unknown.
enum class Truth : std::uint8_t { no, unknown, yes };
const char* name(Truth truth);

// What came out of one decision, in numbers. Kept by who decides often: it allocates only until it has the
// size that the policy needs.
struct Verdict {
  Effect effect = Effect::allow;                    // that is enforced
  Effect would_be = Effect::allow;                  // if observed rules were enforced too
  bool by_stance = false, would_by_stance = false;  // the default stance has (or would have) the effect
  std::uint64_t missing = 0;        // facts that a rule needed which fired because they are not there
  std::uint64_t missing_would = 0;  // the same with observed rules
  struct Fired {
    std::uint32_t rule = 0;
    Truth truth = Truth::yes;
    bool enforced = false;   // it counts for `effect`
    bool would = false;      // it counts for `would_be`
    bool at_target = false;  // a reroute to where the request goes already: it lets it pass
  };
  std::vector<Fired> fired;

 private:
  friend class Policy;
  struct Bound {
    const Fact* fact = nullptr;
    std::int64_t number = 0;
    bool open = false;  // there may be more than it says
  };
  std::array<Bound, kMostFacts> bound_{};
  std::vector<std::uint8_t> tests_;      // 0: not made yet; otherwise Truth + 1
  std::vector<std::uint8_t> suspended_;  // of rules with exceptions; bits kEnforced, kWould
  bool observed_ = false;                // the document, team or service is
};

// One rule in a trace.
struct RuleTrace {
  const Rule* rule = nullptr;
  Truth truth = Truth::no;
  Mode mode = Mode::enforce;
  bool fired = false, suspended = false, at_target = false;
  std::vector<std::string> missing;
  std::vector<std::pair<std::string, Truth>> tests;  // of its condition, in words
};

// A document compiled for deciding. Immutable; const functions may run on any thread. The same facts give the
// same decision whatever the order of the rules in the file: strictest effect first (deny, ask, reroute,
// redact, allow), redactions of all that fired, the default stance where no `allow` is known to hold.
class Policy {
 public:
  // `document` must be usable (ReadDocument::usable).
  explicit Policy(Document document);
  Policy(Policy&&) = default;
  Policy& operator=(Policy&&) = default;

  const Document& document() const { return document_; }
  // No allocation once `verdict` has been used with this policy and rules fired as often.
  void judge(const Facts& facts, Verdict& verdict) const;
  // The same with rule ids, facts, obligations and texts.
  Decision decide(const Facts& facts) const;
  Decision decide(const Facts& facts, Verdict& verdict) const;

  // The facts of the same request at another service; nothing where there is none of that id.
  using AtService = std::function<std::optional<Facts>(std::string_view service)>;
  // Follows reroutes: the new target is decided again, at most kMostReroutes times, and denied after that.
  // What comes out has Effect::reroute where it passes at another service (`reroute_to`), with what must be
  // redacted there.
  static constexpr int kMostReroutes = 3;
  Decision decide(const Facts& facts, const AtService& at_service) const;

  // Two values of one fact of which every test says the same. Of numbers alone: of others only equal ones are
  // said to be alike.
  bool alike(const Fact& a, const Fact& b) const;

  // Every rule with what became of it, by id.
  std::vector<RuleTrace> trace(const Facts& facts) const;
  // Facts that some rule reads, or the modes of teams and services. What the document assumes is among them:
  // it holds only where nobody says otherwise.
  std::vector<std::string_view> wants() const;

 private:
  struct Test {
    Operator op = Operator::one_of;
    std::uint8_t fact = 0;
    std::uint32_t list = 0;
    std::int64_t number = 0;
    auto operator<=>(const Test&) const = default;
  };
  struct Node {
    Condition::Kind kind = Condition::Kind::always;
    std::uint32_t first = 0, count = 0;  // parts; of a test: its index
  };
  struct Compiled {
    std::uint32_t node = 0;
    std::uint64_t facts = 0;
    std::int32_t suspends = -1;
    Effect then = Effect::deny;
    std::optional<Mode> mode;
    bool has_exceptions = false;
  };

  class Compiler;
  void bind(const Facts& facts, Verdict& v) const;
  Truth eval(const Node& node, Verdict& v) const;
  Truth test(std::uint32_t index, Verdict& v) const;
  Truth test_words(const Test& test, const Verdict::Bound& bound) const;
  Truth test_number(const Test& test, const Verdict::Bound& bound) const;
  void append_tests(const Condition& condition, const Node& node, Verdict& v, RuleTrace& out) const;
  std::uint64_t unknown_facts(const Node& node, Verdict& v) const;
  Mode mode_of(const Compiled& rule, const Verdict& v) const;
  bool at_target(std::uint32_t rule, const Verdict& v) const;
  void suspend(Verdict& v) const;
  Decision in_full(const Facts& facts, const Verdict& v) const;
  const Fact* used_fact(const Facts& facts, std::string_view name) const;

  // Tests for plain texts, by fact and text: looked up once for each text that a fact has.
  using ByText = std::unordered_map<std::string_view, std::vector<std::uint32_t>>;
  void index_texts();
  void index_numbers();
  void mark(std::string_view text, const ByText& tests, Verdict& v) const;
  void mark_texts(Verdict& v) const;

  Document document_;
  std::vector<Test> tests_;
  std::vector<bool> indexed_;  // of each test: it holds where mark_texts() says so, and nowhere else
  std::vector<ByText> by_text_;
  std::vector<std::uint8_t> bound_facts_;  // indexes of those that are wanted
  // Which of the document's assumed facts are, with their indexes: {index, place among the assumed ones}.
  std::vector<std::pair<std::uint8_t, std::uint32_t>> assumed_;
  std::vector<std::vector<std::int64_t>> cuts_;  // of each fact: numbers at which a test begins to differ
  std::vector<Node> nodes_;
  std::vector<Compiled> rules_;
  std::vector<std::uint32_t> exceptions_;
  std::uint64_t wanted_ = 0;
};

// The same for whatever decides once, with `decide` in the place of the policy: it may fill `approved_by` of
// a decision that asks, which then goes on to its `reroute_to` where it has one.
using DecideOnce = std::function<Decision(const Facts& facts)>;
Decision follow_reroutes(const DecideOnce& decide, const Facts& facts, const Policy::AtService& at_service);

}  // namespace ostiary::policy

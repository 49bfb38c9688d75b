#include "policy/policy.h"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <new>

#include "policy/testing.h"

namespace {
thread_local std::size_t allocations = 0;
}
// NOLINTNEXTLINE(misc-new-delete-overloads)
void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

namespace ostiary::policy {
namespace {

using policy::testing::facts_of;
using policy::testing::policy_of;
using policy::testing::text_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> ids(const std::vector<RuleRef>& rules) {
  std::vector<std::string> out;
  for (const auto& rule : rules) out.push_back(rule.id);
  return out;
}

// The effect of one condition under facts, as its truth: a rule `allow` fires where it is known to hold, a
// rule `deny` where it is not known not to.
Truth truth(const std::string& when, const std::string& facts) {
  const auto fires = [&](const std::string& then) {
    const auto policy = policy_of(text_of("- {id: r, when: " + when + ", then: " + then + "}\n"));
    return ids(policy.decide(facts_of(facts)).rules) == std::vector<std::string>{"r"};
  };
  if (fires("allow")) return Truth::yes;
  // The default stance fires beside a rule that is not known to hold: ask is less strict than it.
  const auto policy = policy_of(text_of("- {id: r, when: " + when + ", then: deny}\n"));
  const auto rules = ids(policy.decide(facts_of(facts)).rules);
  return std::ranges::find(rules, "r") != rules.end() ? Truth::unknown : Truth::no;
}

TEST(Condition, ComparesEveryTypeOfFact) {
  EXPECT_EQ(truth("{data.classes: [secret, code]}", "data.classes: [code]"), Truth::yes);
  EXPECT_EQ(truth("{data.classes: [secret]}", "data.classes: [code]"), Truth::no);
  EXPECT_EQ(truth("{data.classes: {has-all: [a, c*]}}", "data.classes: [a, code]"), Truth::yes);
  EXPECT_EQ(truth("{data.classes: {has-all: [a, b]}}", "data.classes: [a]"), Truth::no);
  EXPECT_EQ(truth("{data.classes: {only: [a, b]}}", "data.classes: [a]"), Truth::yes);
  EXPECT_EQ(truth("{data.classes: {only: [a, b]}}", "data.classes: [a, c]"), Truth::no);
  EXPECT_EQ(truth("{data.classes: {none-of: [a]}}", "data.classes: [b]"), Truth::yes);
  EXPECT_EQ(truth("{target.model: 'gpt-*-mini'}", "target.model: gpt-4-mini"), Truth::yes);
  EXPECT_EQ(truth("{target.model: 'gpt-*-mini'}", "target.model: gpt-4"), Truth::no);
  EXPECT_EQ(truth("{data.bytes: {over: 1KiB}}", "data.bytes: 1025"), Truth::yes);
  EXPECT_EQ(truth("{data.bytes: {over: 1KiB}}", "data.bytes: 1024"), Truth::no);
  EXPECT_EQ(truth("{data.bytes: {at-least: 2, at-most: 3}}", "data.bytes: 3"), Truth::yes);
  EXPECT_EQ(truth("{data.bytes: {under: 3}}", "data.bytes: 3"), Truth::no);
  EXPECT_EQ(truth("{data.tokens: [1, 3]}", "data.tokens: 3"), Truth::yes);
  EXPECT_EQ(truth("{data.confidence: {at-least: medium}}", "data.confidence: high"), Truth::yes);
  EXPECT_EQ(truth("{data.confidence: {at-least: medium}}", "data.confidence: low"), Truth::no);
  EXPECT_EQ(truth("{agent.unattended: true}", "agent.unattended: false"), Truth::no);
  EXPECT_EQ(truth("{time.now: {from: 2026-01-02, before: 2026-01-03}}", "time.now: '2026-01-02T23:59:59Z'"),
            Truth::yes);
  EXPECT_EQ(truth("{time.now: {before: 2026-01-03}}", "time.now: 2026-01-03"), Truth::no);
}

TEST(Condition, IsKleenes) {
  const std::string yes = "{tool: a}", no = "{tool: b}", unknown = "{purpose: p}", facts = "tool: a";
  EXPECT_EQ(truth("{all: [" + yes + "," + unknown + "]}", facts), Truth::unknown);
  EXPECT_EQ(truth("{all: [" + no + "," + unknown + "]}", facts), Truth::no);
  EXPECT_EQ(truth("{any: [" + yes + "," + unknown + "]}", facts), Truth::yes);
  EXPECT_EQ(truth("{any: [" + no + "," + unknown + "]}", facts), Truth::unknown);
  EXPECT_EQ(truth("{not: " + unknown + "}", facts), Truth::unknown);
  EXPECT_EQ(truth("{not: " + no + "}", facts), Truth::yes);
}

TEST(Condition, WhatWasNotReadIsUnknown) {
  const std::string facts = "{data.classes: [code], data.confidence: low, data.partial: [body]}";
  EXPECT_EQ(truth("{data.classes: [code]}", facts), Truth::yes);
  EXPECT_EQ(truth("{data.classes: [secret]}", facts), Truth::unknown);
  EXPECT_EQ(truth("{data.classes: {only: [code]}}", facts), Truth::unknown);
  EXPECT_EQ(truth("{data.classes: {only: [secret]}}", facts), Truth::no);
  EXPECT_EQ(truth("{data.confidence: {at-least: high}}", facts), Truth::unknown);
  EXPECT_EQ(truth("{data.confidence: {at-most: low}}", facts), Truth::unknown);
}

TEST(Condition, AFactOfAnotherTypeIsAsGoodAsNotThere) {
  const auto policy = policy_of(text_of("- {id: r, when: {data.bytes: {over: 3}}, then: allow}\n"));
  Facts facts;
  facts.set("data.bytes", std::string("many"), "test");
  EXPECT_EQ(policy.decide(facts).effect, Effect::deny);
}

TEST(Decision, DenyWinsThenAskThenReroute) {
  const std::string rules =
      "- {id: a, when: always, then: allow}\n- {id: b, when: {tool: [b, c, d, e]}, then: redact, redact: "
      "[personal]}\n"
      "- {id: c, when: {tool: [c, d, e]}, then: reroute, to: own}\n- {id: d, when: {tool: [d, e]}, then: "
      "ask}\n"
      "- {id: e, when: {tool: e}, then: deny, because: no e, instead: use d}\n";
  const auto policy = policy_of(text_of(rules));
  const auto effect = [&](const std::string& tool) { return policy.decide(facts_of("tool: " + tool)); };
  EXPECT_EQ(effect("a").effect, Effect::allow);
  EXPECT_EQ(effect("b").effect, Effect::redact);
  EXPECT_EQ(effect("c").effect, Effect::reroute);
  EXPECT_EQ(effect("c").reroute_to, "own");
  EXPECT_THAT(effect("c").redact_classes, ElementsAre("personal"));
  EXPECT_EQ(effect("d").effect, Effect::ask);
  const auto denied = effect("e");
  EXPECT_EQ(denied.effect, Effect::deny);
  EXPECT_EQ(denied.because, "no e");
  EXPECT_EQ(denied.instead, "use d");
  EXPECT_THAT(ids(denied.rules), ElementsAre("b", "e"));
  EXPECT_EQ(denied.rules[1].clause, "rules");
  EXPECT_EQ(denied.policy_version, "1");
}

TEST(Decision, UnknownFiresWhatStopsAndNamesWhatIsMissing) {
  const auto policy =
      policy_of(text_of("- {id: a, when: {tool: x}, then: allow}\n"
                        "- {id: s, when: {data.classes: [secret]}, then: ask}\n",
                        "", "", ""));
  auto d = policy.decide(facts_of("tool: x"));
  EXPECT_EQ(d.effect, Effect::ask);
  EXPECT_THAT(d.missing, ElementsAre("data.classes"));
  d = policy.decide(facts_of("data.classes: []"));
  EXPECT_EQ(d.effect, Effect::deny);  // the allow is unknown, so that nothing allows it
  EXPECT_THAT(ids(d.rules), ElementsAre("default"));
  d = policy.decide(facts_of("{tool: x, data.classes: []}"));
  EXPECT_EQ(d.effect, Effect::allow);
  EXPECT_THAT(d.missing, IsEmpty());
}

TEST(Decision, OnlyARuleThatAllowsAndIsKnownToHoldLiftsTheDefault) {
  const std::string rules =
      "- {id: a, when: {tool: x}, then: allow}\n"
      "- {id: m, when: {data.classes: [secret]}, then: redact, redact: [secret]}\n"
      "- {id: q, when: {purpose: p}, then: ask}\n- {id: r, when: {purpose: r}, then: reroute, to: own}\n"
      "- {id: d, when: {purpose: d}, then: deny}\n";
  const auto outcome = [&](const std::string& stance, const std::string& facts) {
    auto text = text_of(rules);
    text.replace(text.find("default: deny"), 13, "default: " + stance);
    const auto d = policy_of(text).decide(facts_of("{" + facts + "}"));
    std::string out = name(d.enforced());
    for (const auto& rule : d.rules) out += " " + rule.id;
    return out;
  };
  EXPECT_EQ(outcome("deny", "tool: x, data.classes: [secret], purpose: z"), "redact m");
  EXPECT_EQ(outcome("deny", "tool: y, data.classes: [secret], purpose: z"), "deny default m");
  EXPECT_EQ(outcome("deny", "data.classes: [secret], purpose: z"), "deny default m");
  EXPECT_EQ(outcome("deny", "tool: y, data.classes: [], purpose: p"), "deny default");
  EXPECT_EQ(outcome("deny", "tool: y, data.classes: [], purpose: r, target.service: far"), "deny default");
  EXPECT_EQ(outcome("deny", "tool: y, data.classes: [], purpose: r, target.service: own"), "allow r");
  EXPECT_EQ(outcome("deny", "tool: y, data.classes: [], purpose: d"), "deny d");
  EXPECT_EQ(outcome("ask", "tool: y, data.classes: [secret], purpose: z"), "ask default m");
  EXPECT_EQ(outcome("ask", "tool: y, data.classes: [], purpose: p"), "ask q");
  EXPECT_EQ(outcome("ask", "tool: x, data.classes: [], purpose: p"), "ask q");
  EXPECT_EQ(outcome("ask", "tool: y, data.classes: [], purpose: d"), "deny d");
  EXPECT_EQ(outcome("allow", "tool: y, data.classes: [secret], purpose: z"), "redact m");
  EXPECT_EQ(outcome("allow", "tool: y, data.classes: [], purpose: z"), "allow default");
}

TEST(Decision, AnExceptionIsEnforcedWhereItsRuleIsThoughTheDocumentIsObserved) {
  const auto policy = policy_of(
      text_of("- {id: r, when: {tool: x}, then: deny, mode: enforce}\n"
              "- {id: e, when: {subject.team: t}, then: allow, exception-of: r, until: 2026-06-30}\n",
              "", "", "mode: observe\n"));
  const std::string when = ", time.now: 2026-06-01}";
  EXPECT_EQ(policy.decide(facts_of("{tool: x, subject.team: t" + when)).enforced(), Effect::allow);
  EXPECT_EQ(policy.decide(facts_of("{tool: x, subject.team: u" + when)).enforced(), Effect::deny);
}

TEST(Decision, ObservedRulesAreToldAndStopNothing) {
  const auto policy =
      policy_of(text_of("- {id: a, when: always, then: allow}\n"
                        "- {id: o, when: {tool: x}, then: deny, mode: observe, obligations: [match-code]}\n"
                        "- {id: q, when: {purpose: p}, then: ask}\n"));
  auto d = policy.decide(facts_of("{tool: x, purpose: none}"));
  EXPECT_EQ(d.effect, Effect::deny);
  EXPECT_EQ(d.mode, Mode::observe);
  EXPECT_EQ(d.enforced(), Effect::allow);
  EXPECT_THAT(d.obligations, IsEmpty());
  EXPECT_THAT(ids(d.observed), ElementsAre("o"));
  d = policy.decide(facts_of("{tool: x, purpose: p}"));
  EXPECT_EQ(d.enforced(), Effect::ask);
  EXPECT_EQ(d.would_be, Effect::deny);
  EXPECT_THAT(ids(d.rules), ElementsAre("q"));
}

TEST(Decision, ADocumentTeamOrServiceMayBeObserved) {
  const std::string rules =
      "- {id: r, when: {tool: x}, then: deny}\n- {id: s, when: {tool: y}, then: deny, mode: enforce}\n";
  const auto whole = policy_of(text_of(rules, "", "", "mode: observe\n"));
  EXPECT_EQ(whole.decide(facts_of("tool: x")).enforced(), Effect::allow);
  EXPECT_EQ(whole.decide(facts_of("tool: x")).effect, Effect::deny);
  EXPECT_EQ(whole.decide(facts_of("tool: z")).enforced(), Effect::allow);
  EXPECT_EQ(whole.decide(facts_of("tool: y")).enforced(), Effect::deny);
  const auto some = policy_of(text_of(rules, "", "", "observe: {teams: [t], services: [s]}\n"));
  EXPECT_EQ(some.decide(facts_of("{tool: x, subject.team: t}")).enforced(), Effect::allow);
  EXPECT_EQ(some.decide(facts_of("{tool: x, target.service: s}")).enforced(), Effect::allow);
  EXPECT_EQ(some.decide(facts_of("{tool: x, subject.team: u}")).enforced(), Effect::deny);
  EXPECT_EQ(some.decide(facts_of("tool: x")).enforced(), Effect::deny);
}

TEST(Decision, AnExceptionSuspendsItsRuleAloneUntilItExpires) {
  const auto policy = policy_of(
      text_of("- {id: r, when: {tool: x}, then: deny}\n- {id: s, when: {purpose: p}, then: deny}\n"
              "- {id: e, when: {subject.team: t}, then: allow, exception-of: r, until: 2026-06-30}\n"));
  const auto effect = [&](const std::string& facts) {
    return policy.decide(facts_of("{tool: x, " + facts + "}")).effect;
  };
  EXPECT_EQ(effect("purpose: q, subject.team: t, time.now: '2026-06-30T23:59:59Z'"), Effect::allow);
  EXPECT_EQ(effect("purpose: q, subject.team: t, time.now: 2026-07-01"), Effect::deny);
  EXPECT_EQ(effect("purpose: q, subject.team: t"), Effect::deny);  // nobody knows whether it has expired
  EXPECT_EQ(effect("purpose: q, subject.team: u, time.now: 2026-06-01"), Effect::deny);
  EXPECT_EQ(effect("purpose: p, subject.team: t, time.now: 2026-06-01"), Effect::deny);
}

TEST(Reroute, IsDecidedAgainAtTheNewTarget) {
  const auto policy =
      policy_of(text_of("- {id: a, when: always, then: allow}\n"
                        "- {id: r, when: {data.classes: [code]}, then: reroute, to: own}\n"
                        "- {id: m, when: {target.service: own}, then: redact, redact: [personal]}\n"
                        "- {id: d, when: {target.service: own, data.bytes: {over: 10}}, then: deny}\n"));
  std::vector<std::string> asked;
  const auto decide = [&](const std::string& bytes) {
    const std::string rest = ", data.classes: [code], data.bytes: " + bytes + "}";
    return policy.decide(facts_of("{target.service: far" + rest), [&](std::string_view to) {
      asked.emplace_back(to);
      return std::optional(facts_of("{target.service: " + std::string(to) + rest));
    });
  };
  auto d = decide("1");
  EXPECT_EQ(d.effect, Effect::reroute);
  EXPECT_EQ(d.reroute_to, "own");
  EXPECT_THAT(d.redact_classes, ElementsAre("personal"));
  EXPECT_THAT(ids(d.rules), ElementsAre("m", "r"));
  EXPECT_EQ(decide("11").effect, Effect::deny);
  EXPECT_THAT(asked, ElementsAre("own", "own"));
}

TEST(Reroute, WhatIsOnlyObservedAtTheNewTargetDidNotDecide) {
  const auto policy =
      policy_of(text_of("- {id: a, when: always, then: allow}\n"
                        "- {id: r, when: {target.service: far}, then: reroute, to: own}\n"
                        "- {id: o, when: {target.service: own}, then: deny, mode: observe}\n"));
  const auto d = policy.decide(facts_of("target.service: far"), [](std::string_view to) {
    return std::optional(facts_of("target.service: " + std::string(to)));
  });
  EXPECT_EQ(d.enforced(), Effect::reroute);
  EXPECT_EQ(d.would_be, Effect::deny);
  EXPECT_THAT(ids(d.rules), ElementsAre("r"));
  EXPECT_THAT(ids(d.observed), ElementsAre("o"));
}

TEST(Reroute, EndsAfterThreeTargetsInADenial) {
  const auto policy =
      policy_of(text_of("- {id: all, when: always, then: allow}\n"
                        "- {id: a, when: {target.service: [x, b]}, then: reroute, to: a}\n"
                        "- {id: b, when: {target.service: a}, then: reroute, to: b}\n"));
  int asked = 0;
  const auto d = policy.decide(facts_of("target.service: x"), [&](std::string_view to) {
    ++asked;
    return std::optional(facts_of("target.service: " + std::string(to)));
  });
  EXPECT_EQ(d.effect, Effect::deny);
  EXPECT_EQ(asked, Policy::kMostReroutes);
  EXPECT_THAT(d.because, HasSubstr("a, b, a"));
  const auto none =
      policy.decide(facts_of("target.service: x"), [](std::string_view) { return std::optional<Facts>(); });
  EXPECT_EQ(none.effect, Effect::deny);
}

TEST(Reroute, WhatWasApprovedGoesWhereItWouldHaveGone) {
  const auto policy =
      policy_of(text_of("- {id: a, when: always, then: allow}\n- {id: q, when: {tool: x}, then: ask}\n"
                        "- {id: r, when: {data.classes: [code]}, then: reroute, to: own}\n"
                        "- {id: m, when: {target.service: own}, then: redact, redact: [personal]}\n"));
  const auto facts_at = [](std::string_view service) {
    return facts_of("{tool: x, data.classes: [code], target.service: " + std::string(service) + "}");
  };
  const auto decide = [&](bool approved) {
    return follow_reroutes(
        [&](const Facts& facts) {
          auto d = policy.decide(facts);
          if (approved && d.enforced() == Effect::ask) d.approved_by = "Q-1";
          return d;
        },
        facts_at("far"), [&](std::string_view to) { return std::optional(facts_at(to)); });
  };
  const auto asked = decide(false);
  EXPECT_TRUE(asked.stops());
  EXPECT_EQ(asked.effect, Effect::ask);
  const auto passed = decide(true);
  EXPECT_FALSE(passed.stops());
  EXPECT_EQ(passed.effect, Effect::ask);
  EXPECT_EQ(passed.approved_by, "Q-1");
  EXPECT_EQ(passed.reroute_to, "own");
  EXPECT_THAT(passed.redact_classes, ElementsAre("personal"));
}

TEST(Assumed, HoldsWhereNobodySaysOtherwise) {
  const auto policy = policy_of(
      text_of("- {id: a, when: always, then: allow}\n- {id: d, when: {output.use: customer}, then: deny}\n",
              "assumed: {output.use: internal, agent.unattended: false}\n"));
  const auto silent = policy.decide(Facts());
  EXPECT_EQ(silent.effect, Effect::allow);
  EXPECT_THAT(silent.missing, IsEmpty());
  const auto said = policy.decide(facts_of("output.use: customer"));
  EXPECT_EQ(said.effect, Effect::deny);
  ASSERT_EQ(said.facts.size(), 1U);
  EXPECT_EQ(said.facts[0].source, "test");
  const auto customers = policy_of(
      text_of("- {id: d, when: {output.use: customer}, then: deny}\n", "assumed: {output.use: customer}\n"));
  const auto assumed = customers.decide(Facts());
  EXPECT_EQ(assumed.effect, Effect::deny);
  ASSERT_EQ(assumed.facts.size(), 1U);
  EXPECT_EQ(assumed.facts[0].source, "document");
  Facts wrong;  // of another type than the table's: said, and not understood
  wrong.set("output.use", true, "test");
  EXPECT_THAT(customers.decide(wrong).missing, ElementsAre("output.use"));
}

TEST(Alike, NumbersAreWhereNoTestTellsThemApart) {
  const auto policy = policy_of(text_of(
      "- {id: a, when: {data.bytes: {over: 10}}, then: ask}\n- {id: b, when: {data.bytes: {at-least: 20}}, "
      "then: deny}\n- {id: c, when: {data.lines: 5}, then: deny}\n"));
  const auto alike = [&](std::string_view name, std::int64_t a, std::int64_t b) {
    return policy.alike({std::string(name), a, "x"}, {std::string(name), b, "x"});
  };
  EXPECT_TRUE(alike("data.bytes", 0, 10));
  EXPECT_FALSE(alike("data.bytes", 10, 11));
  EXPECT_TRUE(alike("data.bytes", 11, 19));
  EXPECT_FALSE(alike("data.bytes", 19, 20));
  EXPECT_TRUE(alike("data.bytes", 20, 1000));
  EXPECT_FALSE(alike("data.lines", 4, 5));
  EXPECT_FALSE(alike("data.lines", 5, 6));
  EXPECT_TRUE(alike("data.lines", 6, 7));
  EXPECT_FALSE(policy.alike({"tool", std::string("a"), "x"}, {"tool", std::string("b"), "x"}));
}

TEST(Judge, DoesNotAllocateOnceWarm) {
  std::string rules =
      "- {id: all, when: {target.service: far}, then: allow}\n- {id: t, when: {tool: z}, then: deny}\n";
  for (int i = 0; i < 100; ++i)
    rules += "- {id: r" + std::to_string(i) + ", when: {data.classes: [secret, 'c" + std::to_string(i) +
             "*'], data.bytes: {over: " + std::to_string(i) + "}}, then: deny}\n";
  const auto policy = policy_of(text_of(rules, "assumed: {tool: editor}\n"));
  const auto facts =
      facts_of("{target.service: far, data.classes: [code-of-the-organisation], data.bytes: 70}");
  Verdict verdict;
  policy.judge(facts, verdict);
  const auto before = allocations;
  policy.judge(facts, verdict);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(verdict.effect, Effect::allow);
}

TEST(Trace, TellsWhatBecameOfEveryRule) {
  const auto policy =
      policy_of(text_of("- {id: b, when: {tool: x, purpose: p}, then: deny}\n"
                        "- {id: a, when: {tool: y}, then: allow}\n"));
  const auto trace = policy.trace(facts_of("tool: x"));
  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(trace[0].rule->id, "a");
  EXPECT_EQ(trace[0].truth, Truth::no);
  EXPECT_EQ(trace[1].truth, Truth::unknown);
  EXPECT_TRUE(trace[1].fired);
  EXPECT_THAT(trace[1].missing, ElementsAre("purpose"));
  EXPECT_EQ(trace[1].tests[0], (std::pair<std::string, Truth>("tool is x", Truth::yes)));
}

TEST(Trace, ARuleIsSuspendedOnlyWhereWhatItDoesNowIs) {
  const auto policy = policy_of(
      text_of("- {id: a, when: {tool: x}, then: deny}\n"
              "- {id: b, when: {tool: x}, then: deny, mode: observe}\n"
              "- {id: c, when: {tool: x}, then: deny}\n"
              "- {id: ea, when: always, then: allow, mode: observe, exception-of: a, until: 2026-06-30}\n"
              "- {id: eb, when: always, then: allow, mode: observe, exception-of: b, until: 2026-06-30}\n"
              "- {id: ec, when: always, then: allow, exception-of: c, until: 2026-06-30}\n"));
  const auto trace = policy.trace(facts_of("{tool: x, time.now: 2026-06-01}"));
  ASSERT_EQ(trace.size(), 6U);
  EXPECT_FALSE(trace[0].suspended);
  EXPECT_TRUE(trace[0].fired);
  EXPECT_TRUE(trace[1].suspended);
  EXPECT_FALSE(trace[1].fired);
  EXPECT_TRUE(trace[2].suspended);
  EXPECT_FALSE(trace[2].fired);
}

TEST(Condition, SaysInWordsWhatAListHoldsAndDoesNot) {
  const auto policy =
      policy_of(text_of("- {id: a, when: {data.classes: {has-all: [s*]}}, then: deny}\n"
                        "- {id: b, when: {not: {data.classes: {has-all: [s*, t]}}}, then: deny}\n"
                        "- {id: c, when: {data.classes: {only: [s]}}, then: deny}\n"
                        "- {id: d, when: {not: {data.classes: {only: [s]}}}, then: deny}\n"));
  std::vector<std::string> words;
  for (const auto& rule : policy.document().rules) words.push_back(in_words(rule.when, policy.document()));
  EXPECT_THAT(words, ElementsAre("data.classes holds all of s*", "data.classes does not hold all of t, s*",
                                 "data.classes holds only s", "data.classes does not hold only s"));
}

}  // namespace
}  // namespace ostiary::policy

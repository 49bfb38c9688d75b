#include "policy/check.h"

#include <chrono>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "policy/obligations.h"
#include "policy/testing.h"

namespace ostiary::policy {
namespace {

using policy::testing::text_of;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const WallMs kNow = *parse_moment("2026-11-26");

std::vector<std::string> found(const std::string& text, WallMs now = kNow) {
  auto read = read_document(text);
  EXPECT_TRUE(read.usable());
  const Policy policy(std::move(read.document));
  check(policy, now, read.findings);
  std::vector<std::string> out;
  for (const auto& f : read.findings.all)
    out.push_back(fmt::format("{}:{} {}{}", f.place.line, f.place.column, f.check,
                              f.severity == Severity::error ? "!" : ""));
  return out;
}

const std::string kTested = "- {name: denied, given: {tool: x}, expect: deny, by: [r]}\n";

TEST(Check, ASoundDocumentHasNoFindings) {
  EXPECT_THAT(found(text_of("- {id: r, when: {tool: x}, then: deny}\n", "", kTested)), IsEmpty());
}

TEST(Check, TheExamplesOfTheDocumentationAreSound) {
  for (const auto* file : {"/docs/examples/foundation.md", "/docs/examples/small-team.md"}) {
    const auto text = read_file(std::string(OSTIARY_SOURCE_DIR) + file);
    ASSERT_TRUE(text) << file;
    EXPECT_THAT(found(*text), IsEmpty()) << file;
  }
}

TEST(Check, WarnsOfFactsThatNothingInThisBuildSays) {
  const auto with = [](const std::string& when) {
    return found(text_of("- {id: r, when: {" + when + "}, then: deny}\n"));
  };
  EXPECT_THAT(with("subject.role: intern"), Contains(HasSubstr("never-known")));
  EXPECT_THAT(with("all: [{tool: x}, {not: {data.language: [rust]}}]"), Contains(HasSubstr("never-known")));
  EXPECT_THAT(with("subject.team: x"), Not(Contains(HasSubstr("never-known"))));
}

TEST(Check, WarnsOfDataClassesThatAreASlipAway) {
  const auto with = [](const std::string& classes) {
    return found(text_of("- {id: r, when: {data.classes: " + classes + "}, then: deny}\n"));
  };
  EXPECT_THAT(with("persnal"), Contains(HasSubstr("unknown-class")));
  EXPECT_THAT(with("[secret, 'third-party code']"), Contains(HasSubstr("unknown-class")));
  EXPECT_THAT(with("[personal, secret, patients]"), Not(Contains(HasSubstr("unknown-class"))))
      << "an organisation may have classes of its own";
}

TEST(Check, FindsConditionsThatNoFactsFulfil) {
  const auto impossible = [](const std::string& when) {
    const auto all = found(text_of("- {id: r, when: " + when + ", then: deny}\n"));
    return std::ranges::find(all, "14:17 impossible!") != all.end();
  };
  EXPECT_TRUE(impossible("{data.bytes: {over: 10, under: 11}}"));
  EXPECT_TRUE(impossible("{data.bytes: {under: 0}}"));
  EXPECT_TRUE(impossible("{tool: {is: a, none-of: [a, b]}}"));
  EXPECT_TRUE(impossible("{all: [{tool: a}, {tool: b}]}"));
  EXPECT_TRUE(impossible("{any: [{data.tokens: {over: 3, under: 2}}, {all: [{tool: a}, {tool: b}]}]}"));
  EXPECT_TRUE(impossible("{target.hosting: {none-of: [own, cloud, provider]}}"));
  EXPECT_TRUE(impossible("{data.classes: {only: [public], has-all: [public, secret]}}"));
  EXPECT_TRUE(impossible("{all: [{data.classes: {only: [public]}}, {data.classes: secret}]}"));
  EXPECT_FALSE(impossible("{data.classes: {only: [public, secret], has-all: [secret]}}"));
  EXPECT_FALSE(impossible("{data.classes: {only: ['pub*'], has-all: [public]}}"));
  EXPECT_TRUE(impossible("{time.hour: {at-least: 24}}"));
  EXPECT_FALSE(impossible("{time.hour: {at-least: 23}}"));
  EXPECT_TRUE(impossible("{agent.unattended: true, not: {agent.unattended: true}}"));
  EXPECT_FALSE(impossible("{data.bytes: {over: 10, under: 12}}"));
  EXPECT_FALSE(impossible("{data.classes: {is: a, none-of: [b]}}"));
  EXPECT_FALSE(impossible("{tool: {is: 'a*', none-of: [a]}}"));
}

TEST(Check, FindsRulesThatNeverWin) {
  const std::string deny = "- {id: d, when: {tool: x}, then: deny}\n";
  const std::string allow = "- {id: a, when: {tool: x, purpose: p}, then: allow}\n";
  EXPECT_THAT(found(text_of(deny + allow)), Contains("15:8 never-wins"));
  EXPECT_THAT(found(text_of("- {id: d, when: {tool: x}, then: deny, mode: observe}\n" + allow)),
              Not(Contains(HasSubstr("never-wins"))));
  EXPECT_THAT(
      found(text_of(deny + allow +
                    "- {id: e, when: {purpose: p}, then: allow, exception-of: d, until: 2027-01-01}\n")),
      Not(Contains(HasSubstr("never-wins"))));
  EXPECT_THAT(found(text_of("- {id: d, when: {tool: x, purpose: q}, then: deny}\n" + allow)),
              Not(Contains(HasSubstr("never-wins"))));
}

TEST(Check, TestsSayTheSameWhetherTheDocumentIsEnforcedOrOnlyObserves) {
  const std::string rules =
      "- {id: r, when: {tool: x}, then: deny}\n- {id: o, when: {tool: y}, then: ask, mode: observe}\n"
      "- {id: all, when: always, then: allow}\n";
  const std::string tests = kTested +
                            "- {name: seen, given: {tool: y}, expect: allow, would: ask, by: [o]}\n"
                            "- {name: rest, given: {tool: z}, expect: allow, by: [all]}\n";
  EXPECT_THAT(found(text_of(rules, "", tests)), IsEmpty());
  EXPECT_THAT(found(text_of(rules, "", tests, "mode: observe\n")), IsEmpty());
  EXPECT_THAT(found(text_of(rules, "", kTested + "- {name: no, given: {tool: x}, expect: allow}\n",
                            "mode: observe\n")),
              Contains(HasSubstr("failing-test")));
}

TEST(Check, FindsUntestedRulesAndFailingTests) {
  const std::string rules = "- {id: r, when: {tool: x}, then: deny}\n- {id: s, when: {tool: y}, then: ask}\n";
  const auto all = found(text_of(rules, "", kTested + "- {name: no, given: {tool: z}, expect: allow}\n"));
  EXPECT_THAT(all, ElementsAre("15:8 untested", "20:10 failing-test!"));
}

TEST(Check, FindsWhatThisBuildDoesNotCarryOut) {
  ASSERT_FALSE(find_obligation("match-code")->carried_out);
  EXPECT_THAT(
      found(text_of("- {id: r, when: {tool: x}, then: deny, obligations: [match-code]}\n", "", kTested)),
      ElementsAre("14:54 obligation!"));
}

TEST(Check, FindsWhatHasEnded) {
  const std::string rules =
      "- {id: r, when: {tool: x}, then: deny}\n"
      "- {id: e, when: {purpose: p}, then: allow, exception-of: r, until: 2026-11-25}\n";
  const auto expired = Contains("15:68 expired");
  EXPECT_THAT(found(text_of(rules, "", kTested)), expired);
  EXPECT_THAT(found(text_of(rules, "", kTested), kNow - 1), Not(expired));
  EXPECT_THAT(
      found(text_of("- {id: r, when: {tool: x}, then: deny}\n", "", kTested), *parse_moment("2999-01-02")),
      ElementsAre("7:1 review"));
}

TEST(Check, FindsWhatIsNotFilledIn) {
  auto text = text_of("- {id: r, when: {tool: x}, then: deny}\n", "", kTested);
  text.replace(text.find("owner: Ada"), 10, "owner: TODO");
  EXPECT_THAT(found(text), ElementsAre("5:1 unfilled"));
  text.replace(text.find("status: draft"), 13, "status: in-force");
  EXPECT_THAT(found(text), ElementsAre("1:1 unfilled!", "1:1 unfilled!", "5:1 unfilled!"));
}

TEST(Check, FindsDeadReferences) {
  const auto all = found(
      text_of("- {id: r, when: {tool: x}, then: reroute, to: there}\n- {id: s, when: {tool: {in: l}}, then: "
              "deny}\n- {id: all, when: always, then: allow}\n",
              "destinations: {ours: [here]}\ntools: {l: [y], m: [z]}\n",
              "- {name: a, given: {tool: x}, expect: reroute, to: there}\n- {name: b, given: {tool: y}, "
              "expect: deny, by: s}\n- {name: c, given: {tool: z}, expect: allow, by: all}\n") +
      "See [this](#rules) and [that](#nowhere).\n");
  EXPECT_THAT(all, ElementsAre("14:47 dead-reference!", "21:17 dead-reference", "29:31 dead-reference"));
}

TEST(Check, TenThousandRulesTakeBoundedTime) {
  std::string rules, cases;
  for (int i = 0; i < 10'000; ++i) {
    rules += fmt::format("- {{id: r{}, when: {{tool: x, data.bytes: {{over: {}}}}}, then: {}}}\n", i, i,
                         i % 2 ? "deny" : "ask");
    if (i < 20)
      cases += fmt::format("- {{name: n{}, given: {{tool: x, data.bytes: {}}}, expect: deny}}\n", i, i + 2);
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto all = found(text_of(rules, "", cases));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_LE(all.size(), Findings::kMost);
}

TEST(Cases, FailWithWhatCameOut) {
  const auto policy = policy::testing::policy_of(text_of(
      "- {id: all, when: always, then: allow}\n"
      "- {id: r, when: {tool: x}, then: redact, redact: [personal]}\n"
      "- {id: o, when: {tool: x}, then: deny, mode: observe}\n",
      "",
      "- {name: right, given: {tool: x}, expect: redact, would: deny, by: [r, o], redact: [personal]}\n"
      "- {name: wrong, given: {tool: x}, expect: allow, would: ask, by: [default], redact: [secret], "
      "missing: [tool], to: y}\n"));
  const auto results = run_cases(policy);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_TRUE(results[0].passed());
  EXPECT_EQ(results[1].failures.size(), 6U);
  EXPECT_EQ(results[1].failures[0], "expected allow, got redact by r");
}

}  // namespace
}  // namespace ostiary::policy

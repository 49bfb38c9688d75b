#include "policy/replay.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/testing.h"

namespace ostiary::policy {
namespace {

using policy::testing::facts_of;
using policy::testing::policy_of;
using policy::testing::text_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Allows all but secrets, which it refuses, and personal data, which goes to the service `own`.
const Policy& candidate() {
  static const auto policy = policy_of(text_of(R"(- {id: all, when: always, then: allow}
- {id: no-secrets, when: {data.classes: [secret]}, then: deny}
- {id: own-machines, when: {data.classes: [personal]}, then: reroute, to: own}
- {id: long, when: {data.bytes: {over: 100}}, then: ask, mode: observe}
)"));
  return policy;
}

std::vector<std::string> told(const Replay& replay) {
  std::vector<std::string> out;
  for (const auto& g : replay.groups()) {
    auto line = fmt::format("{} {} -> {}{} x{} by", g.observed ? "observed" : "enforced", name(g.was),
                            name(g.now), g.to.empty() ? "" : " " + g.to, g.count);
    for (const auto& rule : g.rules) line += " " + rule;
    out.push_back(line);
  }
  return out;
}

constexpr std::string_view kAt = "2026-11-01T08:00:00Z";

TEST(Replay, TellsWhatWouldBeRefusedAndWhatNewlyAllowed) {
  Replay replay(candidate());
  replay.take({.id = "1", .at = kAt, .was = Effect::allow},
              facts_of("{data.classes: [secret], data.bytes: 1}"));
  replay.take({.id = "2", .at = kAt, .was = Effect::deny}, facts_of("{data.classes: [code], data.bytes: 1}"));
  replay.take({.id = "3", .at = kAt, .was = Effect::deny},
              facts_of("{data.classes: [secret], data.bytes: 1}"));
  replay.take({.id = "4", .at = kAt, .was = Effect::allow},
              facts_of("{data.classes: [code], data.bytes: 1}"));
  EXPECT_THAT(told(replay),
              ElementsAre("enforced allow -> deny x1 by no-secrets", "enforced deny -> allow x1 by all"));
  EXPECT_EQ(replay.exchanges(), 4);
  EXPECT_EQ(replay.changed(), 2);
  ASSERT_THAT(replay.groups().front().examples, ElementsAre(Replay::Group::Example{"1", std::string(kAt)}));
}

TEST(Replay, FollowsAReroute) {
  const auto facts = facts_of("{data.classes: [personal], data.bytes: 1, target.service: theirs}");
  Replay replay(candidate(), [](const Facts& here, std::string_view service) {
    auto there = here;
    there.set("target.service", std::string(service), "config");
    return std::optional(there);
  });
  replay.take({.id = "1", .at = kAt, .was = Effect::allow, .service = "theirs"}, facts);
  EXPECT_THAT(told(replay), ElementsAre("enforced allow -> reroute own x1 by own-machines"));
  Replay nowhere(candidate());
  nowhere.take({.id = "1", .at = kAt, .was = Effect::allow, .service = "theirs"}, facts);
  EXPECT_THAT(told(nowhere), ElementsAre("enforced allow -> deny x1 by own-machines"));
}

TEST(Replay, WhatWasReroutedIsDecidedWhereItWent) {
  Replay replay(candidate());
  replay.take({.id = "1", .at = kAt, .was = Effect::reroute, .service = "own"},
              facts_of("{data.classes: [personal], data.bytes: 1, target.service: own}"));
  EXPECT_THAT(told(replay), IsEmpty());
}

TEST(Replay, WhatIsOnlyObservedIsToldApart) {
  Replay replay(candidate());
  replay.take({.id = "1", .at = kAt, .was = Effect::allow}, facts_of("{data.classes: [], data.bytes: 101}"));
  EXPECT_THAT(told(replay), ElementsAre("observed allow -> ask x1 by long"));
  EXPECT_EQ(replay.changed(), 0);
}

TEST(Replay, AnApprovedQuestionIsNotAskedAgain) {
  const auto policy =
      policy_of(text_of("- {id: all, when: always, then: allow}\n- {id: q, when: always, then: ask}\n"));
  Replay replay(policy);
  replay.take({.id = "1", .at = kAt, .was = Effect::allow, .approved = true}, facts_of("{}"));
  EXPECT_THAT(told(replay), IsEmpty());
  replay.take({.id = "2", .at = kAt, .was = Effect::allow}, facts_of("{}"));
  EXPECT_THAT(told(replay), ElementsAre("enforced allow -> ask x1 by q"));
}

TEST(Replay, NamesFactsThatAreNotKept) {
  const auto policy = policy_of(text_of("- {id: q, when: {purpose: research}, then: deny}\n"));
  Replay replay(policy);
  replay.take({.id = "1", .at = kAt, .was = Effect::allow}, facts_of("{}"));
  replay.take({.id = "2", .at = kAt, .was = Effect::allow}, facts_of("{purpose: teaching}"));
  EXPECT_THAT(replay.missing(), ElementsAre(Pair("purpose", 1)));
}

TEST(Replay, MergedIsAsInOne) {
  Replay one(candidate()), first(candidate()), second(candidate());
  for (int i = 0; i < 40; ++i) {
    const auto facts = facts_of(i % 3 == 0 ? "{data.classes: [secret], data.bytes: 1}"
                                           : "{data.classes: [], data.bytes: 200}");
    const auto id = fmt::format("{:02}", i);
    const Past past{.id = id, .at = kAt, .was = i % 2 == 0 ? Effect::allow : Effect::deny};
    one.take(past, facts);
    (i % 5 == 0 ? first : second).take(past, facts);
  }
  first.merge(second);
  EXPECT_EQ(told(first), told(one));
  const auto a = first.groups(), b = one.groups();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].examples, b[i].examples);
    EXPECT_LE(a[i].examples.size(), Replay::kMostExamples);
  }
  EXPECT_EQ(first.changed(), one.changed());
}

}  // namespace
}  // namespace ostiary::policy

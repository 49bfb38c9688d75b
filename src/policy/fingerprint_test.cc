#include "policy/fingerprint.h"

#include <gtest/gtest.h>

#include "policy/testing.h"

namespace ostiary::policy {
namespace {

Decision asked() {
  Decision d;
  d.effect = Effect::ask;
  d.rules = {{"agents", "agents"}, {"size", "size"}};
  d.facts = {{"agent.unattended", true, "request"},
             {"data.bytes", std::int64_t{5000}, "request"},
             {"data.classes", std::vector<std::string>{"code", "personal"}, "inspection"},
             {"time.now", std::string("2026-01-01T00:00:00Z"), "clock"},
             {"time.weekday", std::string("monday"), "clock"}};
  return d;
}

std::string print(const Decision& d) {
  return request_fingerprint(d, "sub_1", "mistral", "m");
}

TEST(RequestFingerprint, TimesAndSmallDifferencesOfSizeDoNotTellRequestsApart) {
  auto other = asked();
  other.facts[1].value = std::int64_t{9};
  other.facts[3].value = std::string("2027-01-01T00:00:00Z");
  other.facts[4].value = std::string("friday");
  EXPECT_EQ(print(asked()), print(other));
  EXPECT_EQ(print(asked()).size(), 32u);
}

TEST(RequestFingerprint, OneApprovedRequestCoversNoFarLargerOne) {
  const auto of = [](std::int64_t bytes) {
    auto d = asked();
    d.facts[1].value = bytes;
    return print(d);
  };
  constexpr std::int64_t kKiB = 1024;
  EXPECT_EQ(of(0), of(64 * kKiB));
  EXPECT_NE(of(64 * kKiB), of(64 * kKiB + 1));
  EXPECT_EQ(of(64 * kKiB + 1), of(256 * kKiB));
  EXPECT_NE(of(256 * kKiB), of(256 * kKiB + 1));
  EXPECT_NE(of(1024 * kKiB), of(1024 * kKiB + 1));
}

TEST(RequestFingerprint, WhatTheDefaultAsksAboutIsToldApartByEveryFactThatTheDocumentReads) {
  auto text = testing::text_of(
      "- {id: a, when: {tool: x, data.classes: {only: [public]}, output.use: internal}, then: allow}\n"
      "- {id: q, when: {purpose: p}, then: ask}\n");
  text.replace(text.find("default: deny"), 13, "default: ask");
  const auto policy = testing::policy_of(text);
  const auto of = [&](const std::string& facts) {
    const auto d = policy.decide(testing::facts_of("{" + facts + "}"));
    EXPECT_EQ(d.enforced(), Effect::ask) << facts;
    return print(d);
  };
  for (const std::string purpose : {"z", "p"}) {  // the default asks; a rule does, and nothing lifts it
    const auto asked = ", purpose: " + purpose;
    const auto code = of("tool: y, data.classes: [code]" + asked);
    EXPECT_EQ(code, of("tool: y, data.classes: [code]" + asked));
    EXPECT_NE(code, of("tool: y, data.classes: [code, personal]" + asked));
    EXPECT_NE(code, of("tool: z, data.classes: [code]" + asked));
    EXPECT_NE(code, of("tool: y, data.classes: [code], output.use: customer" + asked));
  }
}

TEST(RequestFingerprint, TheOrderOfRulesFactsAndValuesMeansNothing) {
  auto other = asked();
  std::swap(other.rules[0], other.rules[1]);
  std::swap(other.facts[0], other.facts[2]);
  other.facts[0].value = std::vector<std::string>{"personal", "code"};
  EXPECT_EQ(print(asked()), print(other));
}

TEST(RequestFingerprint, WhoAsksWhereToAndWhatDecidedTellRequestsApart) {
  const auto d = asked();
  EXPECT_NE(print(d), request_fingerprint(d, "sub_2", "mistral", "m"));
  EXPECT_NE(print(d), request_fingerprint(d, "sub_1", "own", "m"));
  EXPECT_NE(print(d), request_fingerprint(d, "sub_1", "mistral", "n"));
  auto other = asked();
  other.rules.pop_back();
  EXPECT_NE(print(d), print(other));
  other = asked();
  other.effect = Effect::deny;
  EXPECT_NE(print(d), print(other));
  other = asked();
  other.facts[0].value = false;
  EXPECT_NE(print(d), print(other));
  other = asked();
  other.facts[2].value = std::vector<std::string>{"code"};
  EXPECT_NE(print(d), print(other));
  other = asked();
  other.facts.erase(other.facts.begin() + 2);  // it was not known
  EXPECT_NE(print(d), print(other));
}

TEST(RequestFingerprint, TextsThatRunTogetherStayApart) {
  EXPECT_NE(request_fingerprint(asked(), "a", "bc", "m"), request_fingerprint(asked(), "ab", "c", "m"));
}

}  // namespace
}  // namespace ostiary::policy

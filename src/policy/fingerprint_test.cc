#include "policy/fingerprint.h"

#include <gtest/gtest.h>

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

TEST(RequestFingerprint, NumbersAndTimesDoNotTellRequestsApart) {
  auto other = asked();
  other.facts[1].value = std::int64_t{9};
  other.facts[3].value = std::string("2027-01-01T00:00:00Z");
  other.facts[4].value = std::string("friday");
  EXPECT_EQ(print(asked()), print(other));
  EXPECT_EQ(print(asked()).size(), 32u);
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

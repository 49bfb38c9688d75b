#include "desk/similar.h"

#include <gtest/gtest.h>

#include "policy/testing.h"

namespace ostiary::desk {
namespace {

using policy::testing::facts_of;

bool same(std::string_view a, std::string_view b) {
  const auto x = wording_of(a), y = wording_of(b);
  EXPECT_EQ(asks_the_same(x, y), asks_the_same(y, x));
  EXPECT_DOUBLE_EQ(likeness(x, y), likeness(y, x));
  return asks_the_same(x, y);
}

TEST(Similar, TheSameInOtherWordsIsTheSame) {
  const char* question = "May I use Copilot to write unit tests for our internal build tools?";
  for (const auto* other : {
           "may i use copilot to write unit tests for our internal build tools",
           "Can we use Copilot for writing unit tests of our internal build tool?",
           "Hi, am I allowed to use COPILOT to write unit tests for internal build tools? Thanks",
           "Is it OK if Copilot writes the unit tests for our internal build tools, please?",
       })
    EXPECT_TRUE(same(question, other)) << other;
}

TEST(Similar, AnotherNameNumberNegationOrOrderIsAnotherQuestion) {
  const char* question = "May I use Copilot to write unit tests for our internal build tools?";
  for (const auto* other : {
           "May I use Claude to write unit tests for our internal build tools?",
           "May I use Copilot to write unit tests for our internal build tools and customers?",
           "May I not use Copilot to write unit tests for our internal build tools?",
           "May I use Copilot to write unit tests for our build tools?",
           "May I use Codex to write unit tests for our internal build tools?",
           "",
           "?",
       })
    EXPECT_FALSE(same(question, other)) << other;
  EXPECT_FALSE(same("May I use gpt-4 for code?", "May I use gpt-4.1 for code?"));
  EXPECT_FALSE(same("May I use gpt-4 for code?", "May I use gpt-4o for code?"));
  EXPECT_FALSE(
      same("May I send data with names to the provider?", "May I send data without names to the provider?"));
  EXPECT_FALSE(
      same("May we send what Alice wrote to Bob of Acme", "May we send what Bob of Acme wrote to Alice"));
  EXPECT_FALSE(same("code", "codex"));
}

TEST(Similar, NearOnesAreRankedAboveOthers) {
  const auto asked = wording_of("May I paste customer code into Claude to find a bug?");
  const auto near = wording_of("May I paste code of a customer into Gemini to find a bug?");
  const auto far = wording_of("Which licence has the model that we fine-tune for speech?");
  EXPECT_GE(likeness(asked, near), kNear);
  EXPECT_LT(likeness(asked, far), kNear);
  EXPECT_LT(likeness(asked, near), likeness(asked, asked));
  EXPECT_DOUBLE_EQ(likeness(asked, asked), 1);
}

TEST(Similar, HugeAndHostileTextsCostNoMoreThanTheirFirstWords) {
  std::string huge;
  for (int i = 0; i < 200'000; ++i) huge += "w" + std::to_string(i) + " ";
  EXPECT_EQ(wording_of(huge).content.size(), Wording::kMostWords);
  const auto broken = wording_of("\xff\xfe a\x80 \xf0\x9f ok\x1b[31m");
  EXPECT_EQ(broken.plain, "a ok 31m");
  EXPECT_EQ(wording_of(std::string(1 << 20, '\'')).plain, "");
}

TEST(Fingerprint, IsOfWhatIsAskedAndNotOfWhoAsks) {
  const std::string text = "May I use it?";
  const auto base = fingerprint_of(text, facts_of("{tool: x, subject.id: sub_a, data.classes: [b, a]}"), {});
  EXPECT_EQ(base.size(), 32U);
  EXPECT_EQ(base, fingerprint_of("may I use IT",
                                 facts_of("{tool: x, subject.id: sub_b, data.classes: [a, b]}"), {}));
  EXPECT_EQ(base, fingerprint_of(
                      text, facts_of("{tool: x, data.classes: [a, b], data.bytes: 7, time.hour: 3}"), {}));
  EXPECT_NE(base, fingerprint_of(text, facts_of("{tool: y, data.classes: [a, b]}"), {}));
  EXPECT_NE(base, fingerprint_of(text, facts_of("{tool: x, data.classes: [a]}"), {}));
  EXPECT_NE(base, fingerprint_of(text, facts_of("{tool: x, data.classes: [a, b], subject.team: t}"), {}));
  EXPECT_NE(base, fingerprint_of(text, facts_of("{tool: x, data.classes: [a, b]}"), {{"rule", ""}}));
  EXPECT_NE(base, fingerprint_of("May I use that?", facts_of("{tool: x, data.classes: [a, b]}"), {}))
      << "the fingerprint is of every word";
}

}  // namespace
}  // namespace ostiary::desk

#include "desk/stats.h"

#include <gmock/gmock.h>

#include "desk/testing.h"

namespace ostiary::desk {
namespace {

using namespace testing;  // NOLINT: the fixture of this module
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(DeskTest, StatsTellWorkingTimesOfPeopleApartFromAutomaticAnswers) {
  for (int i = 1; i <= 10; ++i) {
    now_ = at("2026-12-02T09:00:00Z");  // 10:00 to 17:00 are 7 h of that day
    const auto q = ask(asking("Question number " + std::to_string(i)));
    now_ += i * kHour / 2;
    answer(q.number, Ruling::allow);
  }
  now_ = at("2026-12-02T09:00:00Z");
  const auto automatic = ask(asking("May I paste this log?", {"secret"}));
  ASSERT_TRUE(desk_->appeal(automatic.number, "a sample", kAda, now_));
  answer(automatic.number, Ruling::allow);
  ask(asking("And this?", {"secret"}));
  ask(asking("An open one"));
  refused(refusal(policy::Effect::deny));
  now_ += 48 * kHour;
  const auto stats = *desk_->stats(0, now_, now_);
  EXPECT_EQ(stats.asked, 13U) << "an offer is no question";
  EXPECT_EQ(stats.answered, 12U);
  EXPECT_EQ(stats.open, 1U);
  EXPECT_EQ(stats.automatic, 1U) << "a person looked at the other one";
  EXPECT_EQ(stats.reversed, 1U);
  EXPECT_EQ(stats.reversed_automatic, 1U);
  EXPECT_EQ(stats.breached, 3U) << "4.5 h and 5 h, and the open one";
  EXPECT_EQ(stats.decision.count, 11U);
  EXPECT_EQ(stats.decision.p50_ms, 2.5 * kHour);
  EXPECT_EQ(stats.decision.p90_ms, 4.5 * kHour);
  EXPECT_EQ(stats.first_answer.count, 11U);
  EXPECT_EQ(stats.automatic_answer.p90_ms, 0U);
  ASSERT_EQ(stats.topics.size(), 2U);
  EXPECT_EQ(stats.topics[0].topic, "data code; for internal");
  EXPECT_EQ(stats.topics[0].count, 11U);
  EXPECT_THAT(stats.topics[0].advice, HasSubstr("every answer allowed it"));
  EXPECT_EQ(stats.topics[1].topic, "rule no-secrets");
  EXPECT_EQ(stats.topics[1].clause, "secrets");
  EXPECT_THAT(stats.topics[1].advice, HasSubstr("answers differ: say in #secrets"));
}

TEST_F(DeskTest, OfNothingThereAreNoPercentiles) {
  const auto stats = *desk_->stats(0, now_, now_);
  EXPECT_EQ(stats.asked, 0U);
  EXPECT_FALSE(stats.decision.p50_ms);
}

TEST_F(DeskTest, WhatIsAskedOftenIsCountedWithRefusals) {
  for (int i = 0; i < 4; ++i) {
    refused(refusal(policy::Effect::deny, "sub_ada", "r1"));
    now_ += 2000;
  }
  refused(refusal(policy::Effect::deny, "sub_bob", "r2"));
  ask(asking("Is this fine?"));
  EXPECT_TRUE(desk_->asked_often(0, 5)->empty());
  const auto often = *desk_->asked_often(0, 4);
  ASSERT_EQ(often.size(), 1U);
  EXPECT_EQ(often[0].topic, "rule no-secrets");
  EXPECT_EQ(often[0].clause, "secrets");
  EXPECT_EQ(often[0].count, 5U);
  EXPECT_THAT(often[0].numbers, ElementsAre(2, 1));
  EXPECT_TRUE(desk_->asked_often(now_ + 1, 0)->empty());
}

}  // namespace
}  // namespace ostiary::desk

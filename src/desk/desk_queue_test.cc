// Clocks, the order of the queue, escalations.

#include <algorithm>
#include <gmock/gmock.h>
#include <random>

#include "desk/testing.h"

namespace ostiary::desk {
namespace {

using namespace testing;  // NOLINT: the fixture of this module
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(DeskTest, ClocksCountWorkingTimeToTheTargetsOfTheLane) {
  const auto q = ask(asking("May I use Copilot for our build?"));  // wednesday 10:00
  EXPECT_EQ(q.first_answer.target_ms, 4U * kHour);
  EXPECT_EQ(q.first_answer.due, at("2026-12-02T13:00:00Z"));
  EXPECT_EQ(q.until_decision.due, at("2026-12-04T09:00:00Z")) << "two working days";
  EXPECT_TRUE(q.first_answer.running);
  now_ = at("2026-12-03T08:30:00Z");
  const auto later = find(q.number);
  EXPECT_EQ(later.first_answer.elapsed_ms, 7.5 * kHour);
  EXPECT_TRUE(later.first_answer.breached);
  EXPECT_FALSE(later.until_decision.breached);
  EXPECT_EQ(later.first_answer.due, q.first_answer.due) << "a due time does not move by itself";
}

TEST_F(DeskTest, ClocksStandStillWhileTheAskerIsAsked) {
  const auto q = ask(asking("May I use Copilot for our build?"));  // wednesday 10:00
  now_ += 2 * kHour;
  ASSERT_TRUE(desk_->ask_back(q.number, "Which data?", kLegal, now_));
  EXPECT_FALSE(find(q.number).until_decision.due);
  now_ = at("2026-12-09T09:00:00Z");  // a week later, 10:00
  EXPECT_EQ(find(q.number).until_decision.elapsed_ms, 2U * kHour);
  ASSERT_TRUE(desk_->reply(q.number, "code", kAda, now_));
  const auto open = find(q.number);
  EXPECT_EQ(open.until_decision.due, at("2026-12-10T15:00:00Z")) << "14 hours are left";
  EXPECT_TRUE(open.first_answer.ended);
  EXPECT_EQ(open.first_answer.elapsed_ms, 2U * kHour);
  now_ += kHour;
  EXPECT_EQ(answer(q.number, Ruling::allow).until_decision.elapsed_ms, 3U * kHour);
  now_ += 100 * kHour;
  EXPECT_EQ(find(q.number).until_decision.elapsed_ms, 3U * kHour) << "it has ended";
}

TEST_F(DeskTest, AnAppealHasNewClocks) {
  const auto q = ask(asking("May I use Copilot for our build?"));
  now_ += kHour;
  answer(q.number, Ruling::deny);
  now_ = at("2026-12-07T08:00:00Z");
  ASSERT_TRUE(desk_->appeal(q.number, "why?", kAda, now_));
  const auto again = find(q.number);
  EXPECT_EQ(again.until_decision.elapsed_ms, 0U);
  EXPECT_EQ(again.first_answer.due, at("2026-12-07T12:00:00Z"));
}

TEST_F(DeskTest, ClocksFollowTheDocumentInForce) {
  const auto q = ask(asking("May I use Copilot for our build?"));
  use(with("quick: {first-answer: 4h", "quick: {first-answer: 2h"));
  EXPECT_EQ(find(q.number).first_answer.due, at("2026-12-02T11:00:00Z"));
  use(with("zone: Europe/Berlin", "zone: America/New_York"));
  EXPECT_EQ(find(q.number).first_answer.due, at("2026-12-02T18:00:00Z"));
  use(with("hours: [09:00-17:00]", "hours: [09:00-17:00]\n    holidays: [2026-12-02]"));
  EXPECT_EQ(find(q.number).first_answer.due, at("2026-12-03T12:00:00Z"));
  use(with("owner: ai-desk", "owner: front-desk"));
  EXPECT_EQ(find(q.number).owner, "front-desk");
  ASSERT_TRUE(desk_->assign(q.number, "eve", kLegal, now_));
  use(kDocument);
  EXPECT_EQ(find(q.number).owner, "eve") << "whom somebody chose";
}

TEST_F(DeskTest, EscalationsComeBeforeTheBreachOnceEach) {
  const auto q = ask(asking("May I use Copilot for our build?"));  // wednesday 10:00, 4 h and 16 h
  now_ = at("2026-12-02T11:59:00Z");
  EXPECT_THAT(*desk_->tick(now_), IsEmpty());
  now_ = at("2026-12-02T12:00:00Z");
  auto due = *desk_->tick(now_);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].number, q.number);
  EXPECT_EQ(due[0].clock, "first-answer");
  EXPECT_EQ(due[0].due, at("2026-12-02T13:00:00Z"));
  EXPECT_EQ(due[0].escalate_to, "head");
  EXPECT_THAT(*desk_->tick(now_), IsEmpty());
  desk_.reset();
  open();
  use(kDocument);
  EXPECT_THAT(*desk_->tick(now_ + kHour), IsEmpty()) << "not again after a restart";
  now_ = at("2026-12-10T12:00:00Z");
  due = *desk_->tick(now_);
  ASSERT_EQ(due.size(), 1U) << "what passed while nobody looked";
  EXPECT_EQ(due[0].clock, "decision");
  EXPECT_THAT(journal_.actions(), ::testing::Contains("question-escalated Q-1").Times(2));
}

TEST_F(DeskTest, AnAskersDeadlineIsToldOfADayBefore) {
  auto asked = asking("May I use Copilot for our build?");
  asked.deadline = now_ + 25 * kHour;
  ask(asked);
  EXPECT_THAT(*desk_->tick(now_), IsEmpty());
  const auto due = *desk_->tick(now_ + kHour);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].clock, "deadline");
}

TEST_F(DeskTest, NothingEscalatesThatIsAnsweredOrWaitsForItsAsker) {
  const auto waiting = ask(asking("May I use Copilot for our build?"));
  const auto answered = ask(asking("May I use Copilot for our tests?"));
  ASSERT_TRUE(desk_->ask_back(waiting.number, "?", kLegal, now_));
  answer(answered.number, Ruling::deny);
  EXPECT_THAT(*desk_->tick(now_ + 20 * 24 * kHour), IsEmpty());
}

std::vector<std::uint64_t> numbers(const std::vector<Question>& all) {
  std::vector<std::uint64_t> out;
  for (const auto& q : all) out.push_back(q.number);
  return out;
}

TEST_F(DeskTest, PeopleBlockedOutweighTimeWithinABucketAndDeadlinesAreDueTimes) {
  const auto early = ask(asking("an early one"));  // due at 14:00 in Berlin
  now_ += kHour / 4;
  auto blocked = asking("one that blocks many");
  blocked.people_blocked = 40;
  const auto blocking = ask(blocked);  // 14:15
  EXPECT_THAT(numbers(*desk_->queue(kLegal, now_)), ElementsAre(blocking.number, early.number));
  auto soon = asking("one with a deadline");
  soon.deadline = now_ + kHour / 2;
  const auto deadline = ask(soon);
  EXPECT_THAT(numbers(*desk_->queue(kLegal, now_)),
              ElementsAre(deadline.number, blocking.number, early.number));
  const auto overdue = at("2026-12-02T13:00:00Z");
  EXPECT_THAT(numbers(*desk_->queue(kLegal, overdue)),
              ElementsAre(deadline.number, early.number, blocking.number))
      << "what is due already comes before what is due in a quarter of an hour";
}

TEST_F(DeskTest, TheQueueIsByTimeToBreachThenPeopleBlockedThenRisk) {
  const auto slow = ask(asking("a personal one", {"personal"}));  // first answer in a working day
  const auto quick = ask(asking("a quick one"));                  // in 4 h
  auto blocked = asking("a quick one that blocks");
  blocked.people_blocked = 5;
  const auto blocking = ask(blocked);
  now_ += kHour;
  const auto later = ask(asking("a later one"));
  const auto waiting = ask(asking("a waiting one"));
  ASSERT_TRUE(desk_->ask_back(waiting.number, "?", kLegal, now_));
  const auto done = ask(asking("a done one"));
  answer(done.number, Ruling::deny);
  EXPECT_THAT(numbers(*desk_->queue(kLegal, now_)),
              ElementsAre(blocking.number, slow.number, quick.number, later.number))
      << "all are due within eight working hours";
  // Once somebody answered for the first time the decision counts.
  ASSERT_TRUE(desk_->ask_back(quick.number, "?", kLegal, now_));
  ASSERT_TRUE(desk_->reply(quick.number, "!", kAda, now_));
  EXPECT_EQ(numbers(*desk_->queue(kLegal, now_)).back(), quick.number);
}

// Whatever came in which order.
TEST_F(DeskTest, TheOrderOfTheQueueIsTotal) {
  use(with("    days: [monday, tuesday, wednesday, thursday, friday]\n    hours: [09:00-17:00]\n",
           "    days: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]\n    hours: "
           "[00:00-24:00]\n"));
  std::mt19937 random(11);
  for (int i = 0; i < 60; ++i) {
    auto asked = asking("question " + std::to_string(i), {random() % 2 ? "code" : "personal"});
    asked.people_blocked = random() % 3;
    now_ += static_cast<WallMs>(random() % 3) * kHour;
    const auto q = ask(asked);
    if (random() % 4 == 0) {
      ASSERT_TRUE(desk_->ask_back(q.number, "?", kLegal, now_ + 1));
      if (random() % 2) ASSERT_TRUE(desk_->reply(q.number, "!", kAda, now_ + 2 * kHour));
    }
  }
  const auto queue = *desk_->queue(kLegal, now_);
  const auto calendar = [&](WallMs due) {
    return due <= now_ ? 0 : due <= now_ + kHour ? 1 : due <= now_ + 8 * kHour ? 2 : 3;
  };
  const auto key = [&](const Question& q) {
    const auto breach =
        std::min(q.first_answer.due.value_or(INT64_MAX), q.until_decision.due.value_or(INT64_MAX));
    return std::tuple(calendar(breach), -static_cast<std::int64_t>(q.people_blocked),
                      -static_cast<int>(q.risk), breach, q.number);
  };
  EXPECT_GT(queue.size(), 40U);
  for (std::size_t i = 1; i < queue.size(); ++i) EXPECT_LT(key(queue[i - 1]), key(queue[i]));
}

}  // namespace
}  // namespace ostiary::desk

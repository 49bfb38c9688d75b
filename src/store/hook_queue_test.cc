#include "store/hook_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "base/testing.h"
#include "store/store.h"

namespace ostiary::store {
namespace {

using ::testing::ElementsAre;

HookEvent event(const std::string& id, WallMs at = 1000) {
  return {.id = id, .type = "question.asked", .body = R"({"id":")" + id + "\"}", .at = at};
}

class HookQueueTest : public ::testing::Test {
 protected:
  HookQueueTest() {
    EXPECT_TRUE(open_sqlite(path_));
    reopen();
  }
  void reopen(HookQueue::Limits limits = {}) {
    auto queue = open_hook_queue(path_, limits, [](const HookGap& gap) {
      return HookEvent{.id = "gap",
                       .type = "webhook.gap",
                       .body = gap.hook + " missed " + std::to_string(gap.events),
                       .at = gap.last};
    });
    ASSERT_TRUE(queue) << queue.error().text();
    queue_ = std::move(*queue);
  }
  void add(const std::string& hook, const std::string& id, WallMs at = 1000) {
    const HookItem item{hook, event(id, at)};
    ASSERT_TRUE(queue_->add({&item, 1}));
  }
  std::string next(const std::string& hook) {
    const auto entry = queue_->next(hook);
    EXPECT_TRUE(entry) << entry.error().text();
    return entry && *entry ? (*entry)->event.id : "";
  }
  std::string take(const std::string& hook) {
    const auto entry = queue_->next(hook);
    if (!entry || !*entry) return "";
    EXPECT_TRUE(queue_->taken((*entry)->number));
    return (*entry)->event.id;
  }
  HookCount count(const std::string& hook) {
    const auto counts = queue_->counts();
    EXPECT_TRUE(counts) << counts.error().text();
    if (counts)
      for (const auto& one : *counts)
        if (one.hook == hook) return one;
    return {};
  }

  testing::TempFolder folder_;
  const std::string path_ = folder_ / "store.sqlite";
  std::unique_ptr<HookQueue> queue_;
};

TEST_F(HookQueueTest, GivesEventsOfEachHookInTheirOrderAlsoAfterAnotherStart) {
  add("chat", "a");
  add("mail", "b");
  add("chat", "c");
  EXPECT_EQ(take("chat"), "a");
  reopen();
  EXPECT_EQ(take("chat"), "c");
  EXPECT_EQ(next("chat"), "");
  EXPECT_EQ(next("mail"), "b");
  EXPECT_EQ(next("mail"), "b") << "until it was taken";
}

TEST_F(HookQueueTest, AnIdThatAHookHasIsNotAddedAgain) {
  add("chat", "a");
  add("chat", "a");
  add("mail", "a");
  EXPECT_EQ(take("chat"), "a");
  EXPECT_EQ(take("chat"), "");
  EXPECT_EQ(take("mail"), "a");
}

TEST_F(HookQueueTest, EventsAndThePositionOfTheirSourceAreAddedTogether) {
  const HookItem items[] = {{"chat", event("a")}, {"chat", event("b")}};
  const HookPosition read{"ledger", 17};
  EXPECT_EQ(queue_->position("ledger").value(), std::nullopt);
  ASSERT_TRUE(queue_->add(items, &read));
  reopen();
  EXPECT_EQ(queue_->position("ledger").value(), 17U);
  EXPECT_EQ(count("chat").waiting, 2U);
}

TEST_F(HookQueueTest, AFullHookMissesEventsAndIsToldHowManyInTheirPlace) {
  reopen({.waiting = 4, .dead = 2, .seen = 2});
  for (const auto* id : {"a", "b", "c", "d", "e", "f"}) add("chat", id);
  add("mail", "x");
  EXPECT_EQ(count("chat").waiting, 4U);
  EXPECT_EQ(count("chat").missed, 2U);
  EXPECT_EQ(count("mail").missed, 0U) << "one that is full is no matter of the others";
  EXPECT_EQ(take("chat"), "a");
  add("chat", "g");  // there is not yet room for both
  EXPECT_EQ(count("chat").missed, 3U);
  EXPECT_EQ(take("chat"), "b");
  add("chat", "h");
  std::vector<std::string> all;
  for (auto id = take("chat"); !id.empty(); id = take("chat")) all.push_back(id);
  EXPECT_THAT(all, ElementsAre("c", "d", "gap", "h"));
  EXPECT_EQ(count("chat").missed, 0U);
}

TEST_F(HookQueueTest, WhatWasMissedIsToldAlsoWhereNothingComesAnyMore) {
  reopen({.waiting = 2, .dead = 2, .seen = 2});
  for (const auto* id : {"a", "b", "c"}) add("chat", id);
  EXPECT_EQ(take("chat"), "a");
  EXPECT_EQ(take("chat"), "b");
  const auto entry = queue_->next("chat").value();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->event.body, "chat missed 1");
}

TEST_F(HookQueueTest, AFailedAttemptIsKeptWithItsReason) {
  add("chat", "a");
  const auto number = queue_->next("chat").value()->number;
  ASSERT_TRUE(queue_->failed(number, "it answered 500"));
  reopen();
  const auto entry = queue_->next("chat").value();
  EXPECT_EQ(entry->attempts, 1U);
  EXPECT_EQ(entry->error, "it answered 500");
}

TEST_F(HookQueueTest, WhatWasGivenUpIsShownAndWaitsAgainInItsPlaceWhenSomebodySaysSo) {
  add("chat", "a");
  add("chat", "b");
  ASSERT_TRUE(queue_->give_up(queue_->next("chat").value()->number, "it answered 404", 5000));
  EXPECT_EQ(next("chat"), "b");
  const auto dead = queue_->dead("chat", 0, 10).value();
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].event.id, "a");
  EXPECT_EQ(dead[0].dead, 5000);
  EXPECT_EQ(dead[0].error, "it answered 404");
  EXPECT_EQ(queue_->revive("chat", "b", 6000).error().code, Code::not_found);
  ASSERT_TRUE(queue_->revive("chat", "a", 6000));
  const auto again = queue_->next("chat").value();
  EXPECT_EQ(again->event.id, "a");
  EXPECT_EQ(again->attempts, 0U);
  EXPECT_EQ(again->since, 6000);
  EXPECT_EQ(queue_->forget("chat", "a").error().code, Code::not_found) << "it waits";
}

TEST_F(HookQueueTest, OfWhatWasGivenUpTheOldestGoFirst) {
  reopen({.waiting = 10, .dead = 2, .seen = 2});
  for (const auto* id : {"a", "b", "c"}) {
    add("chat", id);
    ASSERT_TRUE(queue_->give_up(queue_->next("chat").value()->number, "no", 1));
  }
  add("chat", "d");
  const auto dead = queue_->dead("chat", 0, 10).value();
  ASSERT_EQ(dead.size(), 2U);
  EXPECT_EQ(dead[0].event.id, "b");
  EXPECT_EQ(queue_->dead("chat", dead[0].number, 10)->size(), 1U);
  ASSERT_TRUE(queue_->forget("chat", "b"));
  EXPECT_EQ(count("chat").dead, 1U);
  EXPECT_EQ(next("chat"), "d");
}

TEST_F(HookQueueTest, WhatWasGivenUpIsKeptForThirtyDays) {
  constexpr WallMs kDay = 86'400'000;
  for (const auto& [id, at] : {std::pair{"a", kDay}, {"b", 31 * kDay}, {"c", 32 * kDay}}) {
    add("chat", id);
    ASSERT_TRUE(queue_->give_up(queue_->next("chat").value()->number, "no", at));
  }
  const auto dead = queue_->dead("chat", 0, 10).value();
  ASSERT_EQ(dead.size(), 2U);
  EXPECT_EQ(dead[0].event.id, "b");
}

TEST_F(HookQueueTest, RemembersWhichDeliveriesCameInAndForgetsTheOldest) {
  reopen({.waiting = 2, .dead = 2, .seen = 2});
  EXPECT_FALSE(queue_->was_seen("github", "1").value());
  for (const auto* id : {"1", "2", "2", "3"}) ASSERT_TRUE(queue_->remember("github", id, 1));
  ASSERT_TRUE(queue_->remember("gitlab", "9", 1));
  reopen({.waiting = 2, .dead = 2, .seen = 2});
  EXPECT_FALSE(queue_->was_seen("github", "1").value());
  EXPECT_TRUE(queue_->was_seen("github", "2").value());
  EXPECT_TRUE(queue_->was_seen("github", "3").value());
  EXPECT_TRUE(queue_->was_seen("gitlab", "9").value()) << "each source for itself";
  EXPECT_FALSE(queue_->was_seen("gitlab", "3").value());
}

TEST_F(HookQueueTest, KnowsTheQuestionThatSomethingOutsideBecame) {
  EXPECT_EQ(queue_->question_of("github example/app#12").value(), std::nullopt);
  ASSERT_TRUE(queue_->set_question("github example/app#12", "Q-3", 1));
  reopen();
  EXPECT_EQ(queue_->question_of("github example/app#12").value(), "Q-3");
}

TEST_F(HookQueueTest, SeveralThreadsMayUseIt) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      for (int i = 0; i < 20; ++i) add("h" + std::to_string(t % 2), std::to_string(t * 100 + i));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count("h0").waiting, 40U);
  EXPECT_EQ(count("h1").waiting, 40U);
}

TEST_F(HookQueueTest, IsBoundedByTheBytesOfBodiesTooAndTellsWhatWasMissed) {
  reopen({.bytes = 1000});
  const auto put = [&](const std::string& id) {
    HookItem item{"chat", event(id)};
    item.event.body = std::string(300, 'x');
    ASSERT_TRUE(queue_->add({&item, 1}));
  };
  for (const auto* id : {"1", "2", "3", "4", "5"}) put(id);
  EXPECT_EQ(count("chat").waiting, 3U);
  EXPECT_EQ(count("chat").missed, 2U);
  reopen({.bytes = 1000});
  put("6");
  EXPECT_EQ(count("chat").missed, 3U) << "what was there before counts";
  EXPECT_EQ(take("chat"), "1");
  EXPECT_EQ(take("chat"), "2");
  put("7");
  EXPECT_EQ(take("chat"), "3");
  EXPECT_EQ(take("chat"), "gap");
  EXPECT_EQ(take("chat"), "7");
}

}  // namespace
}  // namespace ostiary::store

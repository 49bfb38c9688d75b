#include "gateway/account.h"

#include <gtest/gtest.h>
#include <thread>

namespace ostiary::gateway {
namespace {

constexpr MonoNs kSecond = 1'000'000'000;

TEST(MinuteWindow, CountsForAFullMinuteAndForNoMoreThanASecondBeyond) {
  MinuteWindow window;
  const MonoNs at = 1000 * kSecond + kSecond * 9 / 10;
  window.add(at, 7);
  EXPECT_EQ(window.used(at), 7u);
  EXPECT_EQ(window.used(at + 60 * kSecond), 7u) << "a minute is not over before it is over";
  EXPECT_EQ(window.used(at + 61 * kSecond), 0u);
}

TEST(MinuteWindow, SaysWhenEnoughOfItHasGoneOut) {
  MinuteWindow window;
  window.add(100 * kSecond, 5);
  window.add(110 * kSecond, 5);
  const MonoNs now = 120 * kSecond;
  const auto five = window.wait(now, 5), six = window.wait(now, 6);
  ASSERT_EQ(five, 41 * kSecond);
  ASSERT_EQ(six, 51 * kSecond);
  EXPECT_EQ(window.wait(now, 11), std::nullopt);
  EXPECT_EQ(window.used(now + *five), 5u) << "no sooner and no later";
  EXPECT_EQ(window.used(now + *six), 0u);
  EXPECT_EQ(window.empty_in(now + 100 * kSecond), 0);
}

TEST(MinuteWindow, TakesWhatComesOutOfOrderAndForgetsWhatIsLongGone) {
  MinuteWindow window;
  window.add(200 * kSecond, 1);
  window.add(199 * kSecond, 2);
  window.add(100 * kSecond, 4);  // it has gone out already
  window.add(-5, 8);
  EXPECT_EQ(window.used(200 * kSecond), 3u);
  window.take_back(199 * kSecond, 2);
  EXPECT_EQ(window.used(200 * kSecond), 1u);
  EXPECT_EQ(window.used(100'000 * kSecond), 0u);
}

TEST(Month, IsOfTheCalendarInUtc) {
  const auto last = *parse_rfc3339("2026-12-31T23:59:59.999Z");
  EXPECT_EQ(month_name(month_of(last)), "2026-12");
  EXPECT_EQ(month_name(month_of(last + 1)), "2027-01");
  EXPECT_EQ(month_start(month_of(last + 1)), last + 1);
}

LimitSet limits(Limit limit, std::int64_t value) {
  LimitSet set;
  set[limit] = value;
  return set;
}

Amount amount(std::uint64_t tokens, std::int64_t cost = 0, Month month = 24'000) {
  return {tokens, cost, month};
}

class Accounts : public ::testing::Test {
 protected:
  Account account{Account::Scope::key, "k"};
  MonoNs now = 5000 * kSecond;
};

TEST_F(Accounts, WithoutLimitsEverythingFitsAndIsCounted) {
  EXPECT_FALSE(account.limited());
  EXPECT_FALSE(account.reserve(amount(1'000'000, 5), now));
  account.settle(amount(1'000'000, 5), amount(10, 3), now);
  EXPECT_EQ(account.standing(Limit::tokens, 24'000, now).used, 10);
  EXPECT_EQ(account.standing(Limit::spend, 24'000, now).used, 3);
  EXPECT_EQ(account.standing(Limit::requests, 24'000, now).used, 1);
}

TEST_F(Accounts, WhatIsSetAsideCountsUntilItIsSettled) {
  account.set_limits(limits(Limit::tokens, 100));
  EXPECT_FALSE(account.reserve(amount(60), now));
  const auto none = account.reserve(amount(41), now);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->limit, Limit::tokens);
  EXPECT_EQ(none->reserved, 60);
  EXPECT_EQ(none->used, 0);
  EXPECT_FALSE(none->wait) << "others must end first";
  EXPECT_FALSE(none->never);
  account.settle(amount(60), amount(20), now);
  EXPECT_FALSE(account.reserve(amount(41), now));
  account.settle(amount(41), amount(75), now);  // it took more than was thought
  const auto full = account.reserve(amount(6), now);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->used, 95);
  EXPECT_EQ(full->wait, 61 * kSecond);
  EXPECT_TRUE(account.reserve(amount(101), now)->never);
  EXPECT_EQ(account.standing(Limit::concurrent, 0, now).used, 0) << "what found no room is not under way";
  EXPECT_FALSE(account.reserve(amount(100), now + 61 * kSecond));
}

TEST_F(Accounts, RequestsAreCountedInAMinuteAndTellWhenTheNextMayCome) {
  account.set_limits(limits(Limit::requests, 2));
  EXPECT_FALSE(account.reserve(amount(0), now));
  EXPECT_FALSE(account.reserve(amount(0), now + 10 * kSecond));
  const auto none = account.reserve(amount(0), now + 20 * kSecond);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->wait, 41 * kSecond);
  EXPECT_FALSE(account.reserve(amount(0), now + 61 * kSecond));
  EXPECT_TRUE(account.reserve(amount(0), now + 62 * kSecond));
}

TEST_F(Accounts, ARequestThatDidNotLeaveIsNotCounted) {
  LimitSet set = limits(Limit::requests, 1);
  set[Limit::concurrent] = 1;
  account.set_limits(set);
  EXPECT_FALSE(account.reserve(amount(5), now));
  EXPECT_EQ(account.reserve(amount(5), now)->limit, Limit::concurrent);
  account.cancel(amount(5), now);
  EXPECT_EQ(account.standing(Limit::tokens, 0, now).reserved, 0);
  EXPECT_FALSE(account.reserve(amount(5), now));
}

TEST_F(Accounts, AnotherServicesPriceTakesThePlaceOfTheFirst) {
  account.set_limits(limits(Limit::spend, 100));
  EXPECT_FALSE(account.reserve(amount(0, 60), now));
  EXPECT_FALSE(account.reserve_again(amount(0, 60), amount(0, 90), now)) << "not 60 and 90";
  EXPECT_TRUE(account.reserve_again(amount(0, 90), amount(0, 101), now));
  EXPECT_EQ(account.standing(Limit::spend, 24'000, now).reserved, 90) << "what is held stays";
  EXPECT_EQ(account.standing(Limit::requests, 24'000, now).used, 1);
}

TEST_F(Accounts, AModelThatCostsNothingMayBeAskedWhenTheBudgetIsSpent) {
  account.set_limits(limits(Limit::spend, 10));
  EXPECT_FALSE(account.reserve(amount(0, 10), now));
  account.settle(amount(0, 10), amount(0, 10), now);
  EXPECT_TRUE(account.reserve(amount(0, 1), now));
  EXPECT_FALSE(account.reserve(amount(0, 0), now));
}

TEST_F(Accounts, AClockThatJumpsNeitherFreesABudgetTwiceNorLocksIt) {
  account.set_limits(limits(Limit::spend, 10));
  const auto spend = [&](Month month, std::int64_t cost) {
    if (account.reserve(amount(0, cost, month), now)) return false;
    account.settle(amount(0, cost, month), amount(0, cost, month), now);
    return true;
  };
  EXPECT_TRUE(spend(100, 10));
  EXPECT_TRUE(spend(101, 10)) << "a new month";
  EXPECT_FALSE(spend(100, 1)) << "back: the old month is as spent as it was";
  EXPECT_FALSE(spend(101, 1)) << "forward again: so is the new one";
  EXPECT_TRUE(spend(102, 10));
  for (Month month = 1000; month < 1100; ++month) EXPECT_TRUE(spend(month, 10)) << "and none is locked";
  EXPECT_FALSE(spend(1099, 1));
}

TEST_F(Accounts, ChangedLimitsKeepTheCounters) {
  account.set_limits(limits(Limit::tokens, 100));
  EXPECT_FALSE(account.reserve(amount(80), now));
  account.settle(amount(80), amount(80), now);
  account.set_limits({});
  EXPECT_FALSE(account.reserve(amount(500), now));
  account.set_limits(limits(Limit::tokens, 600));
  EXPECT_TRUE(account.reserve(amount(21), now));
  EXPECT_FALSE(account.reserve(amount(20), now));
}

TEST_F(Accounts, HoldUnderManyThreads) {
  constexpr std::int64_t kMost = 10'000;
  account.set_limits(limits(Limit::spend, kMost));
  std::atomic<std::int64_t> paid = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 2000; ++n) {
        if (account.reserve(amount(0, 7), now)) continue;
        account.settle(amount(0, 7), amount(0, 3), now);
        paid += 3;
      }
    });
  threads.clear();
  EXPECT_LE(paid, kMost);
  EXPECT_GT(paid, kMost - 7 - 3) << "and what there was could be used";
  const auto standing = account.standing(Limit::spend, 24'000, now);
  EXPECT_EQ(standing.used, paid);
  EXPECT_EQ(standing.reserved, 0);
}

TEST(Usual, FollowsTheLargestSlowlyDown) {
  Usual usual;
  usual.learn(3000);
  usual.learn(10);
  EXPECT_GT(usual.value(), 2900u);
  for (int i = 0; i < 1000; ++i) usual.learn(10);
  EXPECT_EQ(usual.value(), 10u);
}

}  // namespace
}  // namespace ostiary::gateway

#include "app/restore_limits.h"

#include <gtest/gtest.h>

#include "app/projector.h"
#include "base/testing.h"
#include "gateway/account.h"
#include "ledger/ledger.h"
#include "ledger/record.h"
#include "store/projection.h"

namespace ostiary::app {
namespace {

using namespace std::chrono_literals;
using gateway::Account;
using gateway::Limit;
using gateway::Limiter;

constexpr WallMs kNow = 1'795'608'000'000;  // 2026-11-25T12:00:00Z
constexpr WallMs kSecond = 1000, kDay = 24 * 3600 * kSecond;
constexpr std::int64_t kDollar = 1'000'000'000;

struct Used {
  std::uint64_t tokens = 0;
  double dollars = 0;
};

class RestoreLimitsTest : public ::testing::Test {
 protected:
  RestoreLimitsTest() {
    ledger::Options options;
    options.sync = ledger::Sync::os;
    auto ledger = ledger::Ledger::open(folder_.path(), options);
    EXPECT_TRUE(ledger) << ledger.error().text();
    ledger_ = std::move(*ledger);
  }

  static ledger::ExchangeRecord record(const Id& id, std::string_view key, WallMs at) {
    ledger::ExchangeRecord record;
    record.id = id;
    record.at = at;
    record.key = key;
    record.team = "blue";
    return record;
  }
  void append(const std::string& line) {
    ledger::Batch batch;
    batch.add(line);
    ASSERT_TRUE(ledger_->append(batch));
  }
  Id intent(std::string_view key, WallMs at, Used reserved, const Id& id = Id::make()) {
    auto intent = record(id, key, at);
    intent.reserved = ledger::Reserved{reserved.tokens, 0, reserved.dollars};
    std::string line;
    ledger::append_intent(line, intent);
    append(line);
    return id;
  }
  void outcome(const Id& id, std::string_view key, WallMs at, Used used, std::uint64_t took_ms = 100,
               ledger::Outcome how = ledger::Outcome::complete) {
    auto outcome = record(id, key, at);
    outcome.outcome = how;
    outcome.usage.input = used.tokens;
    outcome.usage.cost = used.dollars;
    outcome.timings.total = took_ms * 1000;
    std::string line;
    ledger::append_outcome(line, outcome);
    append(line);
  }
  void exchange(std::string_view key, WallMs at, Used used, std::uint64_t took_ms = 100) {
    outcome(intent(key, at, {1000, 10}), key, at, used, took_ms);
  }
  void started(WallMs at) {
    std::string line;
    ledger::append_change(line, at, "started", "gate");
    append(line);
  }
  // The table follows the ledger up to here.
  void project() {
    Projector projector(folder_.path(), *ledger_);
    ASSERT_TRUE(projector.wait_until_caught_up(20s));
  }
  void restore(WallMs now = kNow) {
    const auto restored = restore_limits(limiter_, folder_.path(), ledger_->size(), now);
    ASSERT_TRUE(restored) << restored.error().text();
  }
  std::int64_t used(Limit limit, std::string_view key, WallMs month_at = kNow) {
    return limiter_.account(Account::Scope::key, key)
        .standing(limit, gateway::month_of(month_at), mono_now())
        .used;
  }
  std::int64_t used_by_team(Limit limit) {
    return limiter_.account(Account::Scope::team, "blue")
        .standing(limit, gateway::month_of(kNow), mono_now())
        .used;
  }

  testing::TempFolder folder_;
  std::unique_ptr<ledger::Ledger> ledger_;
  Limiter limiter_;
};

TEST_F(RestoreLimitsTest, MonthsComeFromTheExchangeTable) {
  started(kNow - kDay);
  auto table = store::Projection::open(folder_ / "exchanges.sqlite");
  ASSERT_TRUE(table);
  ASSERT_TRUE((*table)->begin());
  for (const auto& [key, at, cost] :
       {std::tuple("a", kNow - kDay, 3 * kDollar), std::tuple("a", kNow - 2 * kDay, kDollar),
        std::tuple("b", kNow - kDay, kDollar), std::tuple("a", kNow - 30 * kDay, 7 * kDollar)}) {
    store::ExchangeView view;
    view.id = Id::make();
    view.key = key, view.team = "blue", view.at = at, view.cost_nano = cost, view.outcome = "complete";
    ASSERT_TRUE((*table)->outcome(view));
  }
  ASSERT_TRUE((*table)->commit({ledger_->size(), {}, 0, 0}));
  restore();
  EXPECT_EQ(used(Limit::spend, "a"), 4 * kDollar);
  EXPECT_EQ(used(Limit::spend, "b"), kDollar);
  EXPECT_EQ(used(Limit::spend, "a", kNow - 30 * kDay), 7 * kDollar) << "the month before, each in its own";
  EXPECT_EQ(used_by_team(Limit::spend), 5 * kDollar);
  EXPECT_EQ(used(Limit::tokens, "a"), 0);
  EXPECT_EQ(used(Limit::requests, "a"), 0);
}

TEST_F(RestoreLimitsTest, WhatTheTableHasAndWhatTheLedgerHasBeyondItAreCountedOnceEach) {
  exchange("a", kNow - 3 * kDay, {5, 1});
  exchange("a", kNow - 2 * kSecond, {7, 2});
  const auto open = intent("a", kNow - 2 * kSecond, {1000, 10});
  project();
  outcome(open, "a", kNow - 2 * kSecond, {11, 4});
  exchange("a", kNow - kSecond, {13, 8});
  restore();
  EXPECT_EQ(used(Limit::spend, "a"), 15 * kDollar);
  EXPECT_EQ(used_by_team(Limit::spend), 15 * kDollar);
  EXPECT_EQ(used(Limit::tokens, "a"), 7 + 11 + 13);
  EXPECT_EQ(used(Limit::requests, "a"), 3);
}

TEST_F(RestoreLimitsTest, WithoutATableTheLedgerSaysTheSame) {
  exchange("a", kNow - 30 * kDay, {1, 7});
  exchange("a", kNow - 2 * kDay, {1, 1});
  exchange("a", kNow - kSecond, {5, 2});
  restore();
  EXPECT_EQ(used(Limit::spend, "a"), 3 * kDollar);
  EXPECT_EQ(used(Limit::spend, "a", kNow - 30 * kDay), 7 * kDollar);
  EXPECT_EQ(used(Limit::tokens, "a"), 5);
}

TEST_F(RestoreLimitsTest, ATableOfMoreThanTheLedgerHoldsIsNoneOfThisLedger) {
  exchange("a", kNow - kDay, {1, 1});
  auto table = store::Projection::open(folder_ / "exchanges.sqlite");
  ASSERT_TRUE(table);
  ASSERT_TRUE((*table)->begin());
  store::ExchangeView view;
  view.id = Id::make();
  view.key = "a", view.team = "blue", view.at = kNow - kDay, view.cost_nano = 50 * kDollar;
  ASSERT_TRUE((*table)->outcome(view));
  ASSERT_TRUE((*table)->commit({ledger_->size() + 1, {}, 0, 0}));
  restore();
  EXPECT_EQ(used(Limit::spend, "a"), kDollar);
}

TEST_F(RestoreLimitsTest, WhatLeftAndNobodySawEndCountsAsItWasReserved) {
  for (const bool in_table : {true, false}) {
    intent("a", kNow - kDay, {100, 1});
    intent("a", kNow - kSecond, {10, 2});
    const auto again = intent("a", kNow - kSecond, {1000, 50});  // and then at another service
    intent("a", kNow - kSecond, {20, 4}, again);
    if (in_table) project();
  }
  restore();
  EXPECT_EQ(used(Limit::spend, "a"), 2 * (1 + 2 + 4) * kDollar);
  EXPECT_EQ(used(Limit::tokens, "a"), 2 * (10 + 20));
  EXPECT_EQ(used(Limit::requests, "a"), 4);
}

TEST_F(RestoreLimitsTest, WhatTheTableGaveUpAtALaterStartIsCountedOnce) {
  intent("a", kNow - kSecond, {10, 2});
  started(kNow - kSecond);
  intent("a", kNow - kSecond, {20, 4});
  started(kNow);
  project();
  restore();
  EXPECT_EQ(used(Limit::spend, "a"), 6 * kDollar);
  EXPECT_EQ(used(Limit::tokens, "a"), 30);
}

TEST_F(RestoreLimitsTest, WhatWasRefusedUsedNothing) {
  outcome(Id::make(), "a", kNow - kSecond, {100, 1}, 100, ledger::Outcome::refused);
  const auto decided = intent("a", kNow - kSecond, {1000, 10});
  outcome(decided, "a", kNow - kSecond, {100, 1}, 100, ledger::Outcome::refused);
  outcome(Id::make(), "", kNow - kSecond, {100, 1});  // nobody known
  restore();
  EXPECT_EQ(used(Limit::spend, "a"), 0);
  EXPECT_EQ(used(Limit::tokens, "a"), 0);
  EXPECT_EQ(used(Limit::requests, "a"), 0);
}

TEST_F(RestoreLimitsTest, AMinuteCountsRequestsWhenTheyCameAndTokensWhenTheyEnded) {
  exchange("a", kNow - 90 * kSecond, {1, 0}, 1000);
  const auto slow = intent("a", kNow - 80 * kSecond, {1000, 1});
  exchange("a", kNow - 40 * kSecond, {16, 0}, 1000);
  outcome(slow, "a", kNow - 80 * kSecond, {4, 0}, 60'000);
  exchange("b", kNow - 2 * kSecond, {64, 0}, 1000);
  restore();
  EXPECT_EQ(used(Limit::requests, "a"), 1);
  EXPECT_EQ(used(Limit::tokens, "a"), 4 + 16);
  EXPECT_EQ(used(Limit::requests, "b"), 1);
  EXPECT_EQ(used_by_team(Limit::tokens), 4 + 16 + 64);
}

TEST_F(RestoreLimitsTest, AnExchangeCountsInTheMonthInWhichItBegan) {
  constexpr WallMs first = 1'793'491'200'000;  // 2026-11-01
  for (int i = 0; i < 2; ++i) {
    outcome(Id::make(), "a", first - kSecond, {10, 2}, 3000);
    if (i == 0) project();
  }
  restore(first + 10 * kSecond);
  EXPECT_EQ(used(Limit::spend, "a", first), 0);
  EXPECT_EQ(used(Limit::spend, "a", first - 1), 4 * kDollar);
  EXPECT_EQ(used(Limit::tokens, "a"), 20);
}

TEST_F(RestoreLimitsTest, AllOfTheLastMinuteIsFoundBehindAnyNumberOfRecords) {
  for (int i = 0; i < 1500; ++i) exchange("a", kNow - kDay, {1, 0});
  for (int i = 0; i < 1500; ++i) exchange("a", kNow - 30 * kSecond, {1, 0});
  for (int i = 0; i < 1500; ++i) started(kNow);
  restore();
  EXPECT_EQ(used(Limit::requests, "a"), 1500);
  EXPECT_EQ(used(Limit::tokens, "a"), 1500);
}

TEST_F(RestoreLimitsTest, KeysOfALineAreOneAlsoWhereTheTableKnowsThemApart) {
  exchange("a", kNow - kSecond, {1, 1});
  exchange("b", kNow - kSecond, {2, 2});
  project();
  exchange("c", kNow - kSecond, {4, 4});
  intent("b", kNow - kSecond, {8, 8});
  exchange("x", kNow - kSecond, {100, 100});
  limiter_.know_lines({{"b", "a"}, {"c", "a"}});
  restore();
  for (const auto* key : {"a", "b", "c"}) {
    EXPECT_EQ(used(Limit::spend, key), 15 * kDollar) << key;
    EXPECT_EQ(used(Limit::tokens, key), 15) << key;
    EXPECT_EQ(used(Limit::requests, key), 4) << key;
  }
  EXPECT_EQ(used_by_team(Limit::spend), 115 * kDollar);
}

TEST_F(RestoreLimitsTest, AClockThatWasAheadPutsNothingIntoTheFuture) {
  exchange("a", kNow + 3600 * kSecond, {5, 1});
  restore();
  EXPECT_EQ(used(Limit::spend, "a"), kDollar);
  EXPECT_EQ(used(Limit::tokens, "a"), 5);
  const auto empty = limiter_.account(Account::Scope::key, "a")
                         .standing(Limit::tokens, gateway::month_of(kNow), mono_now())
                         .empty_in;
  EXPECT_LE(empty, 61'000'000'000);
}

}  // namespace
}  // namespace ostiary::app

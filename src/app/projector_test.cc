#include "app/projector.h"

#include <array>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "app/restore_limits.h"
#include "app/verbs.h"
#include "base/testing.h"
#include "gateway/limits.h"
#include "ledger/keeper.h"
#include "ledger/record.h"
#include "store/exchanges.h"
#include "store/store.h"

namespace ostiary::app {
namespace {

using namespace std::chrono_literals;
using store::ExchangeEntry;
using store::Exchanges;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

constexpr auto kEnough = 20s;

// A record refers to its texts.
constexpr std::array kModels = {"m0", "m1", "m2"};
constexpr std::array kKeys = {"Key0", "Key1", "Key2"};

class ProjectorTest : public ::testing::Test {
 protected:
  std::string data(const std::string& name = "data") const { return folder_ / name; }
  std::unique_ptr<ledger::Ledger> open_ledger(const std::string& name = "data") {
    ledger::Options options;
    options.segment_bytes = 64 << 10;
    auto ledger = ledger::Ledger::open(data(name), options);
    EXPECT_TRUE(ledger) << ledger.error().text();
    return ledger ? std::move(*ledger) : nullptr;
  }
  // Exchanges with intent and outcome; each seventh has no outcome.
  void exchange(ledger::Ledger& ledger, std::uint64_t count) {
    ledger::Batch batch;
    std::string line;
    for (std::uint64_t n = 0; n < count; ++n, ++made_) {
      ledger::ExchangeRecord record;
      record.id = Id::make();
      record.at = wall_now();
      record.team = "research", record.key = "AbCd1234", record.model = kModels[made_ % 3];
      record.usage.input = 10;
      line.clear();
      ledger::append_intent(line, record);
      batch.add(line);
      if (made_ % 7 != 6) {
        line.clear();
        ledger::append_outcome(line, record);
        batch.add(line);
      }
      if (batch.size() > 50) ASSERT_TRUE(ledger.append(batch));
    }
    ASSERT_TRUE(ledger.append(batch));
  }
  static void begin_anew(ledger::Ledger& ledger) {
    ledger::Batch batch;
    std::string line;
    ledger::append_change(line, wall_now(), "started", "gate");
    batch.add(line);
    ASSERT_TRUE(ledger.append(batch));
  }
  std::vector<ExchangeEntry> rows(const std::string& name = "data") const {
    Exchanges exchanges(exchanges_path(data(name)));
    std::vector<ExchangeEntry> all;
    std::string cursor;
    do {
      auto page = exchanges.list({}, cursor, 1000);
      EXPECT_TRUE(page) << page.error().text();
      if (!page) break;
      std::ranges::move(page->exchanges, std::back_inserter(all));
      cursor = page->next;
    } while (!cursor.empty());
    return all;
  }
  // Of a table that may be in the making.
  std::size_t count_now() const {
    const auto page = Exchanges(exchanges_path(data())).list({}, "", 1000);
    return page ? page->exchanges.size() : 0;
  }
  static bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kEnough;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(10ms);
    }
    return true;
  }
  testing::TempFolder folder_;
  std::uint64_t made_ = 0;
};

TEST_F(ProjectorTest, KeepsUpWithALedgerThatIsWrittenTo) {
  const auto ledger = open_ledger();
  Projector projector(data(), *ledger);
  for (int round = 1; round <= 5; ++round) {
    exchange(*ledger, 700);
    begin_anew(*ledger);
    ASSERT_TRUE(projector.wait_until_caught_up(kEnough));
    EXPECT_EQ(projector.lag().records, 0U);
    const auto all = rows();
    ASSERT_THAT(all, SizeIs(700U * static_cast<unsigned>(round)));
    EXPECT_EQ(std::ranges::count(all, "unknown", &ExchangeEntry::outcome), 100 * round);
  }
}

TEST_F(ProjectorTest, NeedsNobodyToAskForIt) {
  const auto ledger = open_ledger();
  const Projector projector(data(), *ledger);
  exchange(*ledger, 3);
  EXPECT_TRUE(eventually([&] { return projector.lag().records == 0; }));
  EXPECT_THAT(rows(), SizeIs(3));
}

TEST_F(ProjectorTest, ARebuiltTableIsTheOneThatGrewAlong) {
  {
    const auto lock = store::DataLock::acquire(data());
    const auto ledger = open_ledger();
    Projector projector(data(), *ledger);
    for (int round = 0; round < 5; ++round) {
      exchange(*ledger, 500);
      if (round % 2 == 0) begin_anew(*ledger);
      ASSERT_TRUE(projector.wait_until_caught_up(kEnough));
    }
  }
  const auto grown = rows();
  ASSERT_GT(grown.size(), 2000U);
  ProjectOptions options;
  options.common.data = data();
  options.common.output = folder_ / "out";
  options.common.quiet = true;
  for (const bool rebuild : {false, true}) {
    options.rebuild = rebuild;
    EXPECT_EQ(run_ledger_project(options), 0);
    EXPECT_EQ(rows(), grown);
  }
  fs::remove(exchanges_path(data()));
  EXPECT_EQ(run_ledger_project(options), 0);
  EXPECT_EQ(rows(), grown);
}

TEST_F(ProjectorTest, GoesOnWhereAnEarlierOneStopped) {
  const auto ledger = open_ledger();
  for (int round = 1; round <= 3; ++round) {
    exchange(*ledger, 100);
    begin_anew(*ledger);
    Projector projector(data(), *ledger);
    ASSERT_TRUE(projector.wait_at_start(kEnough));
    EXPECT_THAT(rows(), SizeIs(100U * static_cast<unsigned>(round)));
  }
}

TEST_F(ProjectorTest, ATableThatWasDeletedOrDamagedIsMadeAgain) {
  const auto ledger = open_ledger();
  exchange(*ledger, 100);
  begin_anew(*ledger);
  {
    Projector projector(data(), *ledger);
    ASSERT_TRUE(projector.wait_until_caught_up(kEnough));
    fs::remove(exchanges_path(data()));  // beneath the running one
    EXPECT_TRUE(eventually([&] { return fs::exists(exchanges_path(data())) && count_now() == 100; }));
  }
  for (const auto* suffix : {"-wal", "-shm"}) fs::remove(exchanges_path(data()) + suffix);
  std::ofstream(exchanges_path(data()), std::ios::trunc) << std::string(10'000, 'x');
  Projector projector(data(), *ledger);
  ASSERT_TRUE(projector.wait_until_caught_up(kEnough));
  EXPECT_THAT(rows(), SizeIs(100));
}

TEST_F(ProjectorTest, AnotherLedgerAndAShorterOneAreNoticed) {
  const auto other = open_ledger("other");
  exchange(*other, 200);
  begin_anew(*other);
  {
    Projector projector(data("other"), *other);
    ASSERT_TRUE(projector.wait_until_caught_up(kEnough));
  }
  for (const std::uint64_t count : {400U, 20U}) {
    const auto name = std::to_string(count);
    const auto ledger = open_ledger(name);
    exchange(*ledger, count);
    begin_anew(*ledger);
    fs::copy_file(exchanges_path(data("other")), exchanges_path(data(name)));
    Projector projector(data(name), *ledger);
    ASSERT_TRUE(projector.wait_until_caught_up(kEnough));
    EXPECT_THAT(rows(name), SizeIs(count));
  }
}

TEST_F(ProjectorTest, WhereNothingCanBeProjectedTheLedgerGrowsAndTheTableFollowsLater) {
  const auto ledger = open_ledger();
  fs::create_directory(exchanges_path(data()));
  Projector projector(data(), *ledger);
  exchange(*ledger, 50);
  begin_anew(*ledger);
  EXPECT_FALSE(projector.wait_until_caught_up(kEnough));
  EXPECT_GT(projector.lag().records, 50U);
  EXPECT_GT(projector.lag().seconds, 0);
  fs::remove(exchanges_path(data()));
  EXPECT_TRUE(eventually([&] { return projector.lag().records == 0; }));
  EXPECT_THAT(rows(), SizeIs(50));
}

TEST_F(ProjectorTest, ForgetsWhatRetentionRemoved) {
  const auto ledger = open_ledger();
  exchange(*ledger, 1000);
  begin_anew(*ledger);
  {
    Projector projector(data(), *ledger);
    ASSERT_TRUE(projector.wait_until_caught_up(kEnough));
    EXPECT_THAT(rows(), SizeIs(1000));
  }
  fs::remove(fmt::format("{}/ledger/{:020}.log", data(), 0));
  const auto removed = ledger::removed_records(data()).value();
  ASSERT_THAT(removed, SizeIs(1));
  {
    Projector projector(data(), *ledger);
    EXPECT_TRUE(eventually([&] { return rows().size() < 1000; }));
  }
  const auto left = rows();
  for (const auto& row : left) EXPECT_GE(row.outcome_index.value_or(*row.intent_index), removed[0].second);
  const auto usage = Exchanges(exchanges_path(data())).months(rfc3339(wall_now()).substr(0, 7));
  ASSERT_TRUE(usage && usage->size() == 1);
  EXPECT_EQ(usage->front().exchanges, 1000U) << "what was used stays used";
}

// A ledger whose segments go for their age, with exchanges of two months.
class RemovedTest : public ProjectorTest {
 protected:
  static constexpr WallMs kEdge = 1'775'001'600'000;  // 2026-04-01T00:00:00Z

  RemovedTest() : ledger_(open_ledger()) {
    auto opened = ledger::Keeper::open(data(), *ledger_, {});
    EXPECT_TRUE(opened) << opened.error().text();
    keeper_ = std::move(*opened);
  }
  ledger::ExchangeRecord record(WallMs at) {
    ledger::ExchangeRecord record;
    record.id = Id::make();
    record.at = at;
    record.team = "research", record.key = kKeys[made_++ % 3], record.model = "m";
    record.reserved = ledger::Reserved{100, 10, 0.5};
    record.usage.input = 7 + made_, record.usage.output = 3, record.usage.cached = 1;
    record.usage.cost = 0.001 * static_cast<double>(made_);
    return record;
  }
  void intent(const ledger::ExchangeRecord& record) { put(record, ledger::append_intent); }
  void outcome(const ledger::ExchangeRecord& record) { put(record, ledger::append_outcome); }
  void put(const ledger::ExchangeRecord& record,
           void (*append)(std::string&, const ledger::ExchangeRecord&)) {
    ledger::Batch batch;
    std::string line;
    append(line, record);
    batch.add(line);
    ASSERT_TRUE(ledger_->append(batch));
  }
  void whole(WallMs at) {
    const auto one = record(at);
    intent(one);
    outcome(one);
  }
  void close_segment() { ASSERT_TRUE(ledger_->rotate().value()); }
  void remove_old() {
    std::this_thread::sleep_for(5ms);
    const auto report = keeper_->retain(1, false, "uid:0");
    ASSERT_TRUE(report) << report.error().text();
    ASSERT_FALSE(ledger::removed_records(data())->empty());
  }
  using Months = std::vector<std::vector<store::MonthUsage>>;
  Months months() const {
    Exchanges exchanges(exchanges_path(data()));
    return {*exchanges.months("2026-03"), *exchanges.months("2026-04")};
  }
  void catch_up() {
    Projector projector(data(), *ledger_);
    ASSERT_TRUE(projector.wait_until_caught_up(kEnough));
  }
  void make_anew() {
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(exchanges_path(data()) + suffix);
    catch_up();
  }
  static std::uint64_t exchanges_in(const std::vector<store::MonthUsage>& month) {
    std::uint64_t sum = 0;
    for (const auto& usage : month) sum += usage.exchanges;
    return sum;
  }
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<ledger::Keeper> keeper_;
};

TEST_F(RemovedTest, ATableThatIsMadeAnewCountsWhatRemovedExchangesUsedInTheirMonths) {
  for (int n = 0; n < 50; ++n) whole(kEdge - 1000 + n * 40);  // over the edge of the month
  const auto crossing = record(kEdge - 1), lost = record(kEdge + 1), seen = record(kEdge + 2);
  intent(crossing), intent(lost);
  close_segment();
  outcome(crossing);
  begin_anew(*ledger_);  // nobody saw how `lost` ended
  for (int n = 0; n < 20; ++n) whole(kEdge + n);
  close_segment();
  intent(seen), outcome(seen);
  catch_up();
  const auto grown = months();
  ASSERT_EQ(exchanges_in(grown[0]), 26U);
  ASSERT_EQ(exchanges_in(grown[1]), 47U);
  remove_old();
  catch_up();
  EXPECT_EQ(months(), grown);
  EXPECT_THAT(rows(), SizeIs(1));
  for (int again = 0; again < 2; ++again) {
    make_anew();
    EXPECT_EQ(months(), grown);
    EXPECT_THAT(rows(), SizeIs(1));
  }
}

TEST_F(RemovedTest, WhatEndedBehindItsRemovedBeginningCountsOnce) {
  const auto crossing = record(kEdge), open = record(kEdge);
  intent(crossing), intent(open);
  close_segment();
  remove_old();  // while both are under way
  outcome(crossing);
  make_anew();
  EXPECT_EQ(exchanges_in(months()[1]), 1U);
  outcome(open);
  make_anew();
  EXPECT_EQ(exchanges_in(months()[1]), 2U);
  EXPECT_THAT(rows(), SizeIs(2));
}

TEST_F(RemovedTest, WhatEndedInARemovedSegmentWhileItsBeginningIsHeldIsNotOpen) {
  const auto held = record(kEdge - 1000), crossing = record(kEdge);
  intent(held), outcome(held), intent(crossing);
  close_segment();
  outcome(crossing);
  close_segment();
  ledger::HoldRequest hold;
  hold.to = kEdge - 1;
  hold.reason = "audit";
  const auto set = keeper_->set_hold(hold);
  ASSERT_TRUE(set);
  remove_old();
  make_anew();
  begin_anew(*ledger_);
  make_anew();
  EXPECT_EQ(exchanges_in(months()[1]), 1U) << "it ended, and is not unknown";
  EXPECT_EQ(months()[1].front().cost_nano, std::llround(*crossing.usage.cost * 1e9));
  ASSERT_TRUE(keeper_->release_hold(set->id, "uid:0"));
  remove_old();
  make_anew();
  EXPECT_EQ(exchanges_in(months()[0]), 1U);
  EXPECT_EQ(exchanges_in(months()[1]), 1U);
}

TEST_F(RemovedTest, ATableThatStopsWithinARemovedSegmentIsMadeAnew) {
  for (int n = 0; n < 20; ++n) whole(kEdge + n);
  catch_up();
  for (int n = 0; n < 20; ++n) whole(kEdge + n);
  close_segment();
  remove_old();
  catch_up();
  EXPECT_EQ(exchanges_in(months()[1]), 40U);
}

TEST_F(RemovedTest, ABudgetHoldsWithAndWithoutTheTable) {
  const auto now = wall_now();
  double cost = 0;
  for (int n = 0; n < 20; ++n) {
    auto one = record(now - 1000);
    one.key = "Key0";
    intent(one), outcome(one);
    cost += *one.usage.cost;
  }
  close_segment();
  remove_old();
  for (const bool with_table : {false, true}) {
    if (with_table) catch_up();
    gateway::Limiter limiter;
    gateway::LimitSettings settings;
    settings.per_key = *gateway::limits_from_json(R"({"spend_per_month":100})");
    limiter.configure(settings);
    ASSERT_TRUE(restore_limits(limiter, data(), ledger_->size(), now));
    const auto report = limiter.report(gateway::Account::Scope::key, "Key0", now);
    const auto& spend = report.lines[static_cast<std::size_t>(gateway::Limit::spend)];
    EXPECT_NEAR(static_cast<double>(spend.used) / 1e9, cost, 1e-9) << with_table;
  }
}

TEST_F(ProjectorTest, IsNotWaitedForWhereTooMuchIsMissing) {
  const auto ledger = open_ledger();
  exchange(*ledger, 1000);
  Projector projector(data(), *ledger);
  EXPECT_FALSE(projector.wait_at_start(1ms));
}

}  // namespace
}  // namespace ostiary::app

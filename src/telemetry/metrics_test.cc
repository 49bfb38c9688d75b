#include "telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace ostiary::telemetry {
namespace {

using testing::ElementsAre;

constexpr std::array<std::uint64_t, 3> kBounds = {1000, 10'000, 100'000};
constexpr Family kDone{
    .name = "test_done", .kind = Kind::counter, .help = "Done", .labels = {"service", "how"}};
constexpr Family kOpen{.name = "test_open", .kind = Kind::gauge, .help = "Open"};
constexpr Family kTime{.name = "test_time_seconds",
                       .kind = Kind::histogram,
                       .help = "Time",
                       .labels = {"service"},
                       .unit = "seconds",
                       .decimals = 6,
                       .bounds = kBounds};

const Snapshot* find(const std::vector<Snapshot>& all, const Family& family) {
  const auto found = std::ranges::find(all, &family, &Snapshot::family);
  return found == all.end() ? nullptr : &*found;
}

TEST(Metrics, ShardsOfOneSeriesAreSummed) {
  Registry registry;
  Shard& one = registry.add_shard();
  Shard& two = registry.add_shard();
  one.counter(kDone, {"a", "well"}).add(3);
  two.counter(kDone, {"a", "well"}).add();
  two.counter(kDone, {"a", "badly"}).add(7);
  const auto all = registry.gather();
  const auto* done = find(all, kDone);
  ASSERT_TRUE(done);
  ASSERT_EQ(done->series.size(), 2u);
  EXPECT_THAT(done->series[0].values, ElementsAre("a", "badly"));
  EXPECT_THAT(done->series[0].cells, ElementsAre(7));
  EXPECT_THAT(done->series[1].cells, ElementsAre(4));
}

TEST(Metrics, ASeriesIsThereAtZeroBeforeItIsCounted) {
  Registry registry;
  registry.add_shard().counter(kDone, {"a", "well"});
  const auto all = registry.gather();
  ASSERT_TRUE(find(all, kDone));
  EXPECT_THAT(find(all, kDone)->series[0].cells, ElementsAre(0));
}

TEST(Metrics, AskingAgainGivesTheSameSeries) {
  Registry registry;
  Shard& shard = registry.add_shard();
  shard.counter(kDone, {"a", "well"}).add();
  shard.counter(kDone, {"a", "well"}).add();
  EXPECT_THAT(find(registry.gather(), kDone)->series[0].cells, ElementsAre(2));
}

TEST(Metrics, AGaugeMayGoDownOnAnotherLoop) {
  Registry registry;
  registry.add_shard().gauge(kOpen).add(2);
  registry.add_shard().gauge(kOpen).add(-3);
  EXPECT_EQ(static_cast<std::int64_t>(find(registry.gather(), kOpen)->series[0].cells[0]), -1);
}

TEST(Metrics, AHistogramCountsAValueAtItsBoundWithin) {
  Registry registry;
  const auto time = registry.add_shard().histogram(kTime, {"a"});
  for (const std::uint64_t v : {1ULL, 1000ULL, 1001ULL, 100'000ULL, 100'001ULL}) time.record(v);
  EXPECT_THAT(find(registry.gather(), kTime)->series[0].cells,
              ElementsAre(2, 1, 1, 1, 1 + 1000 + 1001 + 100'000 + 100'001));
}

TEST(Metrics, HandlesStayValidWhileSeriesAreAdded) {
  Registry registry;
  Shard& shard = registry.add_shard();
  const auto first = shard.counter(kDone, {"first", "well"});
  std::vector<Histogram> many;
  for (int i = 0; i < 1000; ++i) many.push_back(shard.histogram(kTime, {std::to_string(i)}));
  first.add(5);
  for (const auto& time : many) time.record(20'000);
  const auto all = registry.gather();
  EXPECT_THAT(find(all, kDone)->series[0].cells, ElementsAre(5));
  for (const auto& series : find(all, kTime)->series)
    EXPECT_THAT(series.cells, ElementsAre(0, 0, 1, 0, 20'000));
}

TEST(Metrics, MadeUpLabelsCannotFillTheMemory) {
  Registry registry;
  Shard& shard = registry.add_shard();
  for (std::size_t i = 0; i < Registry::kMostSeries + 500; ++i)
    shard.counter(kDone, {std::to_string(i), "well"}).add();
  const auto all = registry.gather();
  const auto& series = find(all, kDone)->series;
  EXPECT_EQ(series.size(), Registry::kMostSeries);
  const auto other = std::ranges::find(series, std::vector<std::string>{"other", "other"}, &Series::values);
  ASSERT_NE(other, series.end());
  EXPECT_THAT(other->cells, ElementsAre(501));
}

TEST(Metrics, WhatIsMeasuredIsAskedForAtEachScrape) {
  Registry registry;
  int asked = 0;
  registry.collect_with([&](Samples& samples) { samples.set(kOpen, {}, ++asked); });
  registry.gather();
  const auto all = registry.gather();
  EXPECT_TRUE(find(all, kOpen)->series[0].is_measured);
  EXPECT_EQ(find(all, kOpen)->series[0].measured, 2);
}

TEST(Metrics, AMeasurementGivenTwiceIsShownOnce) {
  Registry registry;
  registry.collect_with([](Samples& samples) {
    samples.set(kDone, {"a", "well"}, 1);
    samples.set(kDone, {"a", "well"}, 2);
  });
  EXPECT_EQ(find(registry.gather(), kDone)->series.size(), 1u);
}

TEST(Metrics, NothingIsLostWhileOthersScrape) {
  constexpr std::uint64_t kEach = 200'000;
  Registry registry;
  std::vector<std::thread> loops;
  for (int i = 0; i < 4; ++i) {
    Shard& shard = registry.add_shard();
    loops.emplace_back([&shard] {
      const auto done = shard.counter(kDone, {"a", "well"});
      const auto time = shard.histogram(kTime, {"a"});
      for (std::uint64_t n = 0; n < kEach; ++n) {
        done.add();
        time.record(n);
        if (n % 50'000 == 0) shard.counter(kDone, {std::to_string(n), "well"}).add();
      }
    });
  }
  std::uint64_t seen = 0;
  for (int i = 0; i < 50; ++i) {
    const auto all = registry.gather();
    const auto* time = find(all, kTime);
    if (!time) continue;
    const auto& cells = time->series[0].cells;
    const std::uint64_t count = cells[0] + cells[1] + cells[2] + cells[3];
    EXPECT_GE(count, seen);
    seen = count;
  }
  for (auto& loop : loops) loop.join();
  const auto all = registry.gather();
  const auto& cells = find(all, kTime)->series[0].cells;
  EXPECT_EQ(cells[0] + cells[1] + cells[2] + cells[3], 4 * kEach);
  EXPECT_EQ(cells[4], 4 * (kEach * (kEach - 1) / 2));
}

}  // namespace
}  // namespace ostiary::telemetry

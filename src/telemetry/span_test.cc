#include "telemetry/span.h"

#include <gtest/gtest.h>
#include <thread>

namespace ostiary::telemetry {
namespace {

TEST(SpanQueue, KeepsTheOrder) {
  SpanQueue queue(4);
  for (const char* model : {"a", "b", "c"}) {
    auto span = queue.take();
    span->model = model;
    queue.put(std::move(span));
  }
  for (const char* model : {"a", "b", "c"}) EXPECT_EQ(queue.next()->model, model);
  EXPECT_FALSE(queue.next());
}

TEST(SpanQueue, AFullOneLosesTheNewestWithItsTriesAndCounts) {
  SpanQueue queue(4);
  for (int i = 0; i < 6; ++i) {
    auto span = queue.take();
    span->status = static_cast<std::uint16_t>(i);
    span->add_try();
    queue.put(std::move(span));
  }
  EXPECT_EQ(queue.lost(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(queue.next()->status, i);
  EXPECT_FALSE(queue.next());
}

TEST(SpanQueue, AnEmptiedSpanIsUsedAgainAndKnowsNothingOfItsPast) {
  SpanQueue queue(4);
  auto span = queue.take();
  const auto* address = span.get();
  span->model = "secret-project";
  span->state = "a=b";
  span->input = 5;
  span->parent = {1};
  span->add_try().answered_model = "x";
  queue.put(std::move(span));
  queue.give_back(queue.next());
  const auto again = queue.take();
  EXPECT_EQ(again.get(), address);
  EXPECT_TRUE(again->model.empty() && again->state.empty() && !again->input && again->tries().empty());
  EXPECT_EQ(again->parent, SpanId{});
  EXPECT_TRUE(again->add_try().answered_model.empty());
}

TEST(SpanQueue, TwoThreadsLoseNothingUnnoticed) {
  constexpr std::uint16_t kRounds = 50'000;
  SpanQueue queue(64);
  std::thread loop([&] {
    for (std::uint16_t i = 1; i <= kRounds; ++i) {
      auto span = queue.take();
      span->status = i;
      span->model.assign(40, 'm');
      queue.put(std::move(span));
    }
  });
  std::uint64_t seen = 0;
  std::uint16_t last = 0;
  const auto look = [&] {
    while (auto span = queue.next()) {
      EXPECT_GT(span->status, last);
      EXPECT_EQ(span->model.size(), 40u);
      last = span->status;
      ++seen;
      queue.give_back(std::move(span));
    }
  };
  while (last < kRounds && seen + queue.lost() < kRounds) look();
  loop.join();
  look();
  EXPECT_EQ(seen + queue.lost(), kRounds);
}

}  // namespace
}  // namespace ostiary::telemetry

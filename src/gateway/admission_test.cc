#include "gateway/admission.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "base/file.h"

namespace ostiary::gateway {
namespace {

using Entry = Admission::Entry;
using Slot = Admission::Slot;

AdmissionSettings settings(std::uint32_t most, std::uint32_t length = 100,
                           std::uint64_t timeout_ms = 10'000) {
  return {most, length, timeout_ms};
}

// What one who came heard, and when it was, among all of the test.
struct Heard {
  std::vector<std::pair<std::string, Entry>> all;
};

net::Task<void> come(net::Loop& loop, Admission& admission, std::string team, std::vector<Slot>& kept,
                     Heard& heard) {
  Slot slot;
  const Entry entry = co_await admission.enter(loop, nullptr, team, slot);
  EXPECT_EQ(static_cast<bool>(slot), entry == Entry::entered);
  heard.all.emplace_back(team, entry);
  if (slot) kept.push_back(std::move(slot));
}

class AdmissionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = net::Loop::create();
    ASSERT_TRUE(made);
    loop_ = std::move(*made);
  }
  Admission& open(const AdmissionSettings& settings) {
    admission_ = std::make_unique<Admission>(settings);
    return *admission_;
  }
  void come_to(Admission& admission, const std::string& team) {
    net::spawn(come(*loop_, admission, team, kept_, heard_));
  }
  // Runs the loop until `enough`, for at most five seconds.
  void run_until(const std::function<bool()>& enough) {
    net::spawn(watch(*loop_, enough));
    loop_->run();
    EXPECT_TRUE(enough());
  }
  static net::Task<void> watch(net::Loop& loop, std::function<bool()> enough) {
    const MonoNs until = mono_now() + 5'000'000'000;
    while (!enough() && mono_now() < until) {
      net::Deadline deadline(loop);
      deadline.set_after_ms(1);
      net::Waiter wait(loop);
      if (co_await wait.until(deadline) == net::Wake::cancelled) break;
    }
    loop.stop();
  }
  // Whoever has the place leaves, and the next one's turn is waited for.
  static net::Task<void> depart_one_by_one(AdmissionTest& test, std::size_t times) {
    for (std::size_t i = 1; i <= times; ++i) {
      test.kept_.clear();
      while (test.heard_.all.size() < i) {
        net::Deadline deadline(*test.loop_);
        deadline.set_after_ms(1);
        net::Waiter wait(*test.loop_);
        if (co_await wait.until(deadline) == net::Wake::cancelled) co_return;
      }
    }
  }

  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<Admission> admission_;
  std::vector<Slot> kept_;
  Heard heard_;
};

TEST_F(AdmissionTest, WithoutALimitItOnlyCounts) {
  auto& admission = open(settings(0));
  for (int i = 0; i < 100; ++i) kept_.push_back(admission.try_enter());
  EXPECT_EQ(admission.under_way(), 100u);
  EXPECT_TRUE(admission.has_room());
  kept_.clear();
  EXPECT_EQ(admission.under_way(), 0u);
}

TEST_F(AdmissionTest, NoMoreThanTheLimitAreUnderWayAndAFullQueueSaysSoAtOnce) {
  auto& admission = open(settings(2, 1));
  for (int i = 0; i < 4; ++i) come_to(admission, "a");
  EXPECT_EQ(kept_.size(), 2u);
  ASSERT_EQ(heard_.all.size(), 3u);  // two entered, one was refused, one waits
  EXPECT_EQ(heard_.all.back().second, Entry::full);
  EXPECT_EQ(admission.waiting(), 1u);
  EXPECT_FALSE(admission.has_room());
  EXPECT_FALSE(admission.try_enter());
  kept_.pop_back();
  run_until([&] { return heard_.all.size() == 4; });
  EXPECT_EQ(heard_.all.back().second, Entry::entered);
  EXPECT_EQ(admission.under_way(), 2u);
}

TEST_F(AdmissionTest, TeamsTakeTurnsAndWithinOneTheFirstComesFirst) {
  auto& admission = open(settings(1));
  kept_.push_back(admission.try_enter());
  for (int i = 0; i < 6; ++i) come_to(admission, "greedy");
  for (int i = 0; i < 2; ++i) come_to(admission, "modest");
  net::spawn(depart_one_by_one(*this, 8));
  run_until([&] { return heard_.all.size() == 8; });
  std::string order;
  for (const auto& [team, entry] : heard_.all) {
    EXPECT_EQ(entry, Entry::entered);
    order += team[0];
  }
  EXPECT_EQ(order, "gmgmgggg");
}

TEST_F(AdmissionTest, WhoWaitsTooLongLeavesTheQueue) {
  auto& admission = open(settings(1, 100, 20));
  kept_.push_back(admission.try_enter());
  come_to(admission, "a");
  run_until([&] { return !heard_.all.empty(); });
  EXPECT_EQ(heard_.all.front().second, Entry::late);
  EXPECT_EQ(admission.waiting(), 0u);
  kept_.clear();
  EXPECT_EQ(admission.under_way(), 0u);
}

TEST_F(AdmissionTest, TheAdviceWhenToComeAgainFollowsHowQuicklyPlacesBecomeFree) {
  auto& admission = open(settings(1, 100, 7'000));
  kept_.push_back(admission.try_enter());
  EXPECT_EQ(admission.retry_after_s(), 7u);  // nothing is known yet
  for (int i = 0; i < 3; ++i) come_to(admission, "a");
  net::spawn(depart_one_by_one(*this, 3));
  run_until([&] { return heard_.all.size() == 3; });
  EXPECT_EQ(admission.retry_after_s(), 1u);
}

// One of many who come, hold their place for a while, and often leave before they have one.
struct Crowd {
  Admission& admission;
  std::atomic<int> inside{0}, most_inside{0}, ended{0}, entered{0};
};

net::Task<void> leave_after(net::Loop& loop, Fd other_end, std::uint64_t ms) {
  net::Deadline deadline(loop);
  deadline.set_after_ms(ms);
  net::Waiter wait(loop);
  co_await wait.until(deadline);
}

net::Task<void> visitor(net::Loop& loop, Crowd& crowd, std::uint32_t seed) {
  std::mt19937 random(seed);
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  const Fd own(ends[0]);
  auto watch = loop.add(own.get());
  net::spawn(leave_after(loop, Fd(ends[1]), random() % 30));
  Slot slot;
  const Entry entry =
      co_await crowd.admission.enter(loop, *watch, "team-" + std::to_string(random() % 5), slot);
  if (entry == Entry::entered) {
    ++crowd.entered;
    const int inside = ++crowd.inside;
    int most = crowd.most_inside;
    while (inside > most && !crowd.most_inside.compare_exchange_weak(most, inside)) {
    }
    net::Deadline deadline(loop);
    deadline.set_after_ms(random() % 3);
    net::Waiter wait(loop);
    co_await wait.until(deadline);
    --crowd.inside;
  }
  slot.give_back();
  loop.remove(*watch);
  ++crowd.ended;
}

TEST(AdmissionCrowd, ManyOnSeveralLoopsWhoLeaveAtAnyMomentNeitherExceedTheLimitNorLoseAPlace) {
  for (std::uint32_t round = 0; round < 4; ++round) {
    Admission admission({3, 60, 15 + round * 10});
    Crowd crowd{admission};
    constexpr int kLoops = 3, kVisitors = 150;
    std::vector<std::unique_ptr<net::Loop>> loops;
    std::vector<std::thread> threads;
    for (int l = 0; l < kLoops; ++l) loops.push_back(std::move(*net::Loop::create()));
    for (int l = 0; l < kLoops; ++l)
      threads.emplace_back([&, l] {
        auto& loop = *loops[static_cast<std::size_t>(l)];
        loop.post([&, l] {
          for (int v = 0; v < kVisitors; ++v)
            net::spawn(visitor(loop, crowd, round * 10'000 + static_cast<std::uint32_t>(l * kVisitors + v)));
        });
        loop.run();
      });
    const MonoNs until = mono_now() + 20'000'000'000;
    while (crowd.ended < kLoops * kVisitors && mono_now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_EQ(crowd.ended, kLoops * kVisitors);
    for (auto& loop : loops) loop->stop();
    for (auto& thread : threads) thread.join();
    EXPECT_LE(crowd.most_inside, 3);
    EXPECT_GT(crowd.entered, 3);
    EXPECT_EQ(admission.under_way(), 0u);
    EXPECT_EQ(admission.waiting(), 0u);
    EXPECT_TRUE(admission.try_enter());
  }
}

TEST(AdmissionCrowd, ALoopThatStopsGivesUpItsPlacesAndWaits) {
  Admission admission({1, 60, 60'000});
  Crowd crowd{admission};
  auto held = admission.try_enter();
  auto loop = std::move(*net::Loop::create());
  std::thread thread([&] {
    loop->post([&] {
      for (std::uint32_t v = 0; v < 20; ++v) net::spawn(visitor(*loop, crowd, v));
    });
    loop->run();
  });
  while (admission.waiting() < 1) std::this_thread::yield();
  loop->stop();
  held.give_back();
  thread.join();
  EXPECT_EQ(crowd.ended, 20);
  EXPECT_EQ(admission.under_way(), 0u);
  EXPECT_EQ(admission.waiting(), 0u);
}

}  // namespace
}  // namespace ostiary::gateway

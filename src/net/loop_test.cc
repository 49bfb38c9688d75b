#include "net/loop.h"

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "net/stream.h"
#include "net/task.h"
#include "net/testing.h"

namespace ostiary::net {
namespace {

using testing::make_loop;
using testing::ms_since;
using testing::run;
using testing::sleep_ms;

Task<> wait_once(Loop& loop, Wake& out) {
  Waiter wait(loop);
  out = co_await wait;
}

TEST(Loop, StopFromAnotherThreadCancelsEveryoneWhoWaits) {
  auto loop = make_loop();
  Wake first = Wake::ready, second = Wake::ready;
  spawn(wait_once(*loop, first));
  spawn(wait_once(*loop, second));
  std::thread other([&] { loop->stop(); });
  loop->run();
  other.join();
  EXPECT_EQ(first, Wake::cancelled);
  EXPECT_EQ(second, Wake::cancelled);
}

TEST(Loop, WhoWaitsAgainWhileTheLoopStopsIsCancelledAtOnce) {
  auto loop = make_loop();
  int cancelled = 0;
  const auto stubborn = [](Loop& on, int& count) -> Task<> {
    for (int i = 0; i < 3; ++i) {
      Waiter wait(on);
      count += co_await wait == Wake::cancelled;
    }
  };
  spawn(stubborn(*loop, cancelled));
  loop->stop();
  loop->run();
  EXPECT_EQ(cancelled, 3);
}

TEST(Loop, WhatIsPostedByManyThreadsRunsOnceEachOnTheLoopsThread) {
  constexpr int kThreads = 8, kPosts = 2000;
  auto loop = make_loop();
  const auto home = std::this_thread::get_id();
  int seen = 0, elsewhere = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kPosts; ++i)
        loop->post([&] {
          elsewhere += std::this_thread::get_id() != home;
          if (++seen == kThreads * kPosts) loop->stop();
        });
    });
  loop->run();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen, kThreads * kPosts);
  EXPECT_EQ(elsewhere, 0);
}

TEST(Loop, PostedWorkMayPost) {
  auto loop = make_loop();
  int depth = 0;
  std::function<void()> again = [&] {
    if (++depth == 100)
      loop->stop();
    else
      loop->post(again);
  };
  loop->post(again);
  loop->run();
  EXPECT_EQ(depth, 100);
}

TEST(Loop, ARemoteMayPostWhileItsLoopGoesAndAfterwards) {
  auto loop = make_loop();
  const auto remote = loop->remote();
  std::atomic<bool> enough{false};
  std::thread other([&] {
    while (!enough) remote->post([] {});
  });
  sleep_ms(5);
  loop.reset();
  sleep_ms(5);
  enough = true;
  other.join();
  bool ran = false;
  remote->post([&] { ran = true; });
  EXPECT_FALSE(ran);
}

TEST(Loop, TheTurnsEndComesAfterAllThatWasReadyAndWhatItFiresRunsInTheSameTurn) {
  auto loop = make_loop();
  std::string order;
  std::vector<Waiter*> intents;
  loop->on_turn_end([&] {
    if (intents.empty()) return false;
    order += "flush" + std::to_string(intents.size()) + " ";
    for (Waiter* waiter : std::exchange(intents, {})) waiter->fire(Wake::ready);
    return true;
  });
  const auto exchange = [](Loop& on, std::vector<Waiter*>& waiting, std::string& log) -> Task<> {
    Waiter wait(on);
    waiting.push_back(&wait);
    log += "intent ";
    EXPECT_EQ(co_await wait, Wake::ready);
    log += "forward ";
  };
  loop->post([&] {
    spawn(exchange(*loop, intents, order));
    spawn(exchange(*loop, intents, order));
  });
  loop->post([&] {
    loop->post([&] {
      order += "next ";
      loop->stop();
    });
  });
  loop->run();
  EXPECT_EQ(order, "intent intent flush2 forward forward next ");
}

// ---- tasks

Task<int> answer() {
  co_return 42;
}
Task<std::unique_ptr<int>> moved(std::unique_ptr<int> value) {
  co_return value;
}

TEST(Task, GivesItsValueAndRunsOnlyWhenAwaited) {
  bool started = false;
  const auto lazy = [](bool& flag) -> Task<> {
    flag = true;
    co_return;
  };
  {
    const auto never = lazy(started);
  }
  EXPECT_FALSE(started);
  int got = 0;
  std::unique_ptr<int> pointer;
  const auto all = [](int& value, std::unique_ptr<int>& out) -> Task<> {
    value = co_await answer();
    out = co_await moved(std::make_unique<int>(7));
  };
  spawn(all(got, pointer));
  EXPECT_EQ(got, 42);
  EXPECT_EQ(*pointer, 7);
}

TEST(Task, AMillionTasksThatNeverSuspendDoNotGrowTheStack) {
  std::uint64_t sum = 0;
  const auto many = [](std::uint64_t& out) -> Task<> {
    for (int i = 0; i < 1'000'000; ++i) out += static_cast<std::uint64_t>(co_await answer());
  };
  spawn(many(sum));
  EXPECT_EQ(sum, 42'000'000u);
}

// ---- deadlines

Task<> until(Loop& loop, Deadline& deadline, Wake& why) {
  Waiter wait(loop);
  why = co_await wait.until(deadline);
}

TEST(Deadline, EndsAWaitNotBeforeItsTime) {
  auto loop = make_loop();
  Deadline deadline(*loop);
  Wake why = Wake::ready;
  const auto begin = mono_now();
  deadline.set(begin + 30'000'000);
  run(*loop, until(*loop, deadline, why));
  EXPECT_EQ(why, Wake::timeout);
  EXPECT_GE(ms_since(begin), 30);
  EXPECT_LT(ms_since(begin), 5000);
}

TEST(Deadline, OneThatIsPastEndsAWaitWithoutSuspending) {
  auto loop = make_loop();
  Deadline deadline(*loop);
  deadline.set(loop->now() - 1);
  Wake why = Wake::ready;
  spawn(until(*loop, deadline, why));
  EXPECT_EQ(why, Wake::timeout);
}

TEST(Deadline, StaysPassedUntilItIsSetOrCleared) {
  auto loop = make_loop();
  Deadline deadline(*loop);
  deadline.set_after_ms(5);
  Wake first = Wake::ready, second = Wake::ready, third = Wake::ready;
  const auto three = [](Loop& on, Deadline& d, Wake& a, Wake& b, Wake& c) -> Task<> {
    co_await until(on, d, a);
    co_await until(on, d, b);
    d.clear();
    Waiter wait(on);
    on.post([&wait] { wait.fire(Wake::ready); });
    c = co_await wait.until(d);
  };
  run(*loop, three(*loop, deadline, first, second, third));
  EXPECT_EQ(first, Wake::timeout);
  EXPECT_EQ(second, Wake::timeout);
  EXPECT_EQ(third, Wake::ready);
}

TEST(Deadline, MovedOnWhileSomebodyWaitsFiresAtTheLaterTimeOnly) {
  auto loop = make_loop();
  Deadline deadline(*loop);
  const auto begin = mono_now();
  deadline.set(begin + 10'000'000);
  loop->post([&] { deadline.set(begin + 60'000'000); });
  Wake why = Wake::ready;
  run(*loop, until(*loop, deadline, why));
  EXPECT_EQ(why, Wake::timeout);
  EXPECT_GE(ms_since(begin), 60);
}

TEST(Deadline, MovedNearerWhileSomebodyWaitsFiresAtTheNearerTime) {
  auto loop = make_loop();
  Deadline deadline(*loop);
  const auto begin = mono_now();
  deadline.set(begin + 60'000'000'000);
  loop->post([&] { deadline.set(begin + 10'000'000); });
  Wake why = Wake::ready;
  run(*loop, until(*loop, deadline, why));
  EXPECT_EQ(why, Wake::timeout);
  EXPECT_LT(ms_since(begin), 5000);
}

TEST(Deadline, SetIntoThePastWhileSomebodyWaitsFiresAtOnce) {
  auto loop = make_loop();
  Deadline deadline(*loop);
  deadline.set_after_ms(60'000);
  loop->post([&] { deadline.set(1); });
  Wake why = Wake::ready;
  const auto begin = mono_now();
  run(*loop, until(*loop, deadline, why));
  EXPECT_EQ(why, Wake::timeout);
  EXPECT_LT(ms_since(begin), 5000);
}

TEST(Deadline, ClearedWhileSomebodyWaitsDoesNotFire) {
  auto loop = make_loop();
  Deadline deadline(*loop), end(*loop);
  deadline.set_after_ms(10);
  deadline.clear();
  Wake why = Wake::ready, other = Wake::ready;
  spawn(until(*loop, deadline, why));
  end.set_after_ms(40);
  run(*loop, until(*loop, end, other));
  EXPECT_EQ(other, Wake::timeout);
  EXPECT_EQ(why, Wake::cancelled);
}

TEST(Deadline, MayGoWhileSomebodyWaitsForItAndForSomethingElse) {
  auto loop = make_loop();
  auto deadline = std::make_unique<Deadline>(*loop);
  deadline->set_after_ms(5);
  Wake why = Wake::timeout;
  const auto wait_for_it = [](Loop& on, std::unique_ptr<Deadline>& d, Wake& out) -> Task<> {
    Waiter wait(on);
    on.post([&d, &on, &wait] {
      d.reset();
      on.post([&wait] { wait.fire(Wake::ready); });
    });
    out = co_await wait.until(*d);
  };
  run(*loop, wait_for_it(*loop, deadline, why));
  EXPECT_EQ(why, Wake::ready);
}

// Sets, moves and destroys a thousand deadlines; every one that stays fires once and not early.
TEST(Deadline, AHeapOfThemKeepsItsOrderThroughMovesAndRemovals) {
  auto loop = make_loop();
  std::mt19937 random(7);
  const auto begin = mono_now();
  const auto some_time = [&] { return begin + static_cast<MonoNs>(random() % 60'000'000); };
  struct One {
    std::unique_ptr<Deadline> deadline;
    Wake why = Wake::ready;
    MonoNs woken = 0;
  };
  std::vector<One> all(1000);
  int left = 0;
  const auto watch = [](Loop& on, One& one, int& open) -> Task<> {
    Waiter wait(on);
    one.why = co_await wait.until(*one.deadline);
    one.woken = on.now();
    if (--open == 0) on.stop();
  };
  for (auto& one : all) {
    one.deadline = std::make_unique<Deadline>(*loop);
    one.deadline->set(some_time());
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % 3 == 0) all[i].deadline->set(some_time());
    if (i % 7 == 0) all[i].deadline.reset();
    if (i % 7 != 0 && i % 5 == 0) all[i].deadline->clear(), all[i].deadline->set(some_time());
  }
  for (auto& one : all)
    if (one.deadline) ++left, spawn(watch(*loop, one, left));
  loop->run();
  EXPECT_EQ(left, 0);
  // A turn wakes everyone whose time has come by then, and nobody else.
  std::set<MonoNs> turns;
  for (const auto& one : all) turns.insert(one.woken);
  for (const auto& one : all) {
    if (!one.deadline) continue;
    EXPECT_EQ(one.why, Wake::timeout);
    EXPECT_EQ(one.woken, *turns.lower_bound(one.deadline->at()));
  }
}

// ---- waiters and watches

TEST(Waiter, FireBeforeTheWaitDoesNothingAndTwiceWakesOnce) {
  auto loop = make_loop();
  int woken = 0;
  const auto once = [](Loop& on, int& count) -> Task<> {
    Waiter wait(on);
    wait.fire(Wake::gone);
    on.post([&wait] {
      wait.fire(Wake::ready);
      wait.fire(Wake::timeout);
    });
    EXPECT_EQ(co_await wait, Wake::ready);
    ++count;
  };
  run(*loop, once(*loop, woken));
  EXPECT_EQ(woken, 1);
}

struct Ends {
  Stream near;
  Fd far;  // blocking
};

Ends connected(Loop& loop) {
  auto [near, far] = *socket_pair();
  testing::make_blocking(far);
  return {std::move(*Stream::adopt(loop, std::move(near))), std::move(far)};
}

TEST(Waiter, APeerThatLeavesWakesWhoWatchesIt) {
  for (const bool half : {false, true}) {
    auto loop = make_loop();
    auto ends = connected(*loop);
    Wake why = Wake::ready;
    const auto watch = [](Loop& on, Watch* peer, Wake& out) -> Task<> {
      Deadline deadline(on);
      deadline.set_after_ms(10'000);
      Waiter wait(on);
      out = co_await wait.gone(peer).until(deadline);
    };
    std::thread other([&] {
      sleep_ms(10);
      if (half)
        ::shutdown(ends.far.get(), SHUT_WR);
      else
        ends.far.reset();
    });
    run(*loop, watch(*loop, ends.near.watch(), why));
    other.join();
    EXPECT_EQ(why, Wake::gone);
  }
}

TEST(Waiter, APeerThatLeftIsKnownWithoutSuspending) {
  auto loop = make_loop();
  auto ends = connected(*loop);
  ends.far.reset();
  Wake first = Wake::ready, second = Wake::ready;
  const auto twice = [](Loop& on, Watch* peer, Wake& a, Wake& b) -> Task<> {
    Waiter wait(on);
    a = co_await wait.gone(peer);
    Waiter again(on);
    if (again.gone(peer).await_ready()) b = Wake::gone;
  };
  run(*loop, twice(*loop, ends.near.watch(), first, second));
  EXPECT_EQ(first, Wake::gone);
  EXPECT_EQ(second, Wake::gone);
}

TEST(Waiter, RemovingAWatchWakesItsWaitersAndAWaiterMayOutliveIt) {
  auto loop = make_loop();
  auto ends = std::make_unique<Ends>(connected(*loop));
  Wake why = Wake::ready;
  const auto outlive = [](Loop& on, std::unique_ptr<Ends>& owner, Wake& out) -> Task<> {
    Waiter wait(on);
    wait.read(owner->near.watch()).gone(owner->near.watch());
    on.post([&owner] { owner.reset(); });
    out = co_await wait;
    // Turns in which the watch is reused: the waiter still stands in this frame and must not touch it.
    std::vector<Ends> others;
    for (int i = 0; i < 3; ++i) {
      others.push_back(connected(on));
      Deadline soon(on);
      soon.set_after_ms(2);
      Waiter turn(on);
      co_await turn.until(soon);
    }
  };
  run(*loop, outlive(*loop, ends, why));
  EXPECT_EQ(why, Wake::gone);
}

// Every byte arrives however small the reader's buffer is and whenever the bytes come.
Task<> read_all(Stream& stream, std::size_t buffer_size, std::string& out, std::atomic<std::size_t>& count) {
  std::vector<char> buffer(buffer_size);
  for (;;) {
    std::size_t got = 0;
    const Io io = stream.read_some(buffer, got);
    if (io == Io::done) {
      out.append(buffer.data(), got);
      count += got;
    }
    if (io == Io::end || io == Io::failed) co_return;
    // Also after a read that brought something: the flag of the watch must then tell whether there is more.
    Waiter wait(stream.loop());
    if (co_await wait.read(stream.watch()) != Wake::ready) co_return;
  }
}

TEST(Waiter, NoWakeUpIsLostWhateverTheSizesOfReadsAndWrites) {
  for (const std::size_t size : {1u, 2u, 3u, 7u, 4096u}) {
    auto loop = make_loop();
    auto ends = connected(*loop);
    std::string sent, got;
    std::atomic<std::size_t> read{0};
    std::thread other([&] {
      std::mt19937 random(static_cast<unsigned>(size));
      for (int i = 0; i < 3000; ++i) {
        const std::string piece(1 + random() % 9, static_cast<char>('a' + i % 26));
        ASSERT_EQ(::send(ends.far.get(), piece.data(), piece.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(piece.size()));
        sent += piece;
        if (random() % 4 != 0) continue;
        // Nothing more is sent until all has been read: no later byte makes up for a lost wake-up.
        const auto begin = mono_now();
        while (read != sent.size()) {
          ASSERT_LT(ms_since(begin), 10'000) << "a wake-up was lost with a buffer of " << size;
          std::this_thread::yield();
        }
      }
      ends.far.reset();
    });
    run(*loop, read_all(ends.near, size, got, read));
    other.join();
    EXPECT_EQ(got, sent) << "buffer of " << size;
  }
}

// Reads for ever from a socket that never runs dry, because it is filled up again after each read.
Task<> read_without_end(Ends& ends, std::uint64_t& total, const bool& enough) {
  std::vector<char> buffer(64 << 10);
  ::fcntl(ends.far.get(), F_SETFL, O_NONBLOCK);
  while (!enough && total < (1ULL << 30)) {
    while (::send(ends.far.get(), buffer.data(), buffer.size(), MSG_NOSIGNAL) > 0) continue;
    std::size_t got = 0;
    const Io io = ends.near.read_some(buffer, got);
    if (io == Io::done) total += got;
    if (io != Io::again) continue;
    Waiter wait(ends.near.loop());
    if (co_await wait.read(ends.near.watch()) != Wake::ready) co_return;
  }
}

TEST(Loop, APeerThatSendsWithoutPauseDoesNotKeepTheOthersWaiting) {
  auto loop = make_loop();
  auto ends = connected(*loop);
  std::uint64_t total = 0;
  bool enough = false;
  Wake why = Wake::ready;
  Deadline deadline(*loop);
  deadline.set_after_ms(20);
  spawn(read_without_end(ends, total, enough));
  run(*loop, until(*loop, deadline, why));
  enough = true;
  EXPECT_EQ(why, Wake::timeout);
  EXPECT_GT(total, Loop::kShareBytes);
  EXPECT_LT(total, 1ULL << 30);
}

TEST(Loop, AWatchThatHadItsShareMayBeRemoved) {
  auto loop = make_loop();
  auto ends = std::make_unique<Ends>(connected(*loop));
  const std::string bytes(100, 'x');
  ASSERT_EQ(::send(ends->far.get(), bytes.data(), bytes.size(), 0), 100);
  loop->post([&] {
    loop->took(*ends->near.watch(), Loop::kShareBytes);
    char buffer[10];
    std::size_t got = 0;
    EXPECT_EQ(ends->near.read_some(buffer, got), Io::again);
    ends.reset();
    loop->post([&] { loop->stop(); });
  });
  loop->run();
}

TEST(Loop, EndRestEndsOnlyWhatRests) {
  auto loop = make_loop();
  Wake resting = Wake::ready, working = Wake::ready;
  const auto rest = [](Loop& on, Wake& out) -> Task<> {
    Waiter wait(on);
    out = co_await wait.resting();
  };
  spawn(rest(*loop, resting));
  spawn(wait_once(*loop, working));
  loop->post([&] {
    loop->end_rest();
    loop->post([&] {
      EXPECT_EQ(resting, Wake::cancelled);
      EXPECT_EQ(working, Wake::ready);
      loop->stop();
    });
  });
  loop->run();
}

}  // namespace
}  // namespace ostiary::net

#include "gateway/breaker.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace ostiary::gateway {
namespace {

constexpr MonoNs kSecond = 1'000'000'000;
constexpr MonoNs kStart = 1'000 * kSecond;
using State = Breaker::State;
using Pass = Breaker::Pass;

BreakerSettings only_in_a_row() {
  BreakerSettings settings;
  settings.rate = 0;
  return settings;
}

std::uint64_t fail(Breaker& breaker, MonoNs now, int times = 1, bool probe = false) {
  std::uint64_t opened = 0;
  for (int i = 0; i < times; ++i) opened = breaker.failed(now, Failure::status, 500, probe);
  return opened;
}

TEST(Breaker, OpensAfterSoManyFailuresInARowAndASuccessBeginsAnew) {
  Breaker breaker(only_in_a_row());
  EXPECT_EQ(fail(breaker, kStart, 4), 0u);
  breaker.passed(kStart, false);
  EXPECT_EQ(fail(breaker, kStart, 4), 0u);
  EXPECT_EQ(breaker.ask(kStart), Pass::yes);
  EXPECT_EQ(fail(breaker, kStart), 5'000u);
  EXPECT_EQ(breaker.state(kStart), State::open);
  EXPECT_EQ(breaker.ask(kStart + kSecond), Pass::no);
  EXPECT_TRUE(breaker.refuses(kStart + kSecond));
  EXPECT_EQ(breaker.open_until(), kStart + 5 * kSecond);
  EXPECT_EQ(breaker.reason(), "5 failures in a row, the last one: it answered with status 500");
}

TEST(Breaker, OpensAtARateOfTheWindowAndForgetsWhatIsOlder) {
  BreakerSettings settings;
  settings.failures = 0;
  Breaker breaker(settings);
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(fail(breaker, kStart), 0u);
    breaker.passed(kStart, false);
  }
  EXPECT_EQ(fail(breaker, kStart), 0u);  // 19 in all: too few to say
  EXPECT_EQ(fail(breaker, kStart), 5'000u);

  Breaker later(settings);
  EXPECT_EQ(fail(later, kStart, 19), 0u);
  EXPECT_EQ(fail(later, kStart + 31 * kSecond, 19), 0u);  // the first ones are out of the window
  EXPECT_EQ(fail(later, kStart + 31 * kSecond), 5'000u);

  Breaker good(settings);
  for (int i = 0; i < 100; ++i) {
    good.passed(kStart, false);
    good.passed(kStart, false);
    EXPECT_EQ(fail(good, kStart), 0u);
  }
}

TEST(Breaker, HalfOpenLetsOneLookAndClosesWhenThatOneIsAnswered) {
  Breaker breaker(only_in_a_row());
  fail(breaker, kStart, 5);
  const MonoNs later = kStart + 5 * kSecond;
  EXPECT_EQ(breaker.state(later), State::half_open);
  EXPECT_FALSE(breaker.refuses(later));
  EXPECT_EQ(breaker.ask(later), Pass::probe);
  EXPECT_EQ(breaker.ask(later), Pass::no);
  EXPECT_EQ(breaker.state(later), State::half_open);
  breaker.passed(later, false);  // one that began before it opened says nothing
  EXPECT_EQ(breaker.ask(later), Pass::no);
  EXPECT_TRUE(breaker.passed(later, true));
  EXPECT_EQ(breaker.ask(later), Pass::yes);
  EXPECT_EQ(fail(breaker, later, 4), 0u);  // it counts from nothing
}

TEST(Breaker, AFailedProbeDoublesTheRestUpToAMinute) {
  Breaker breaker(only_in_a_row());
  MonoNs now = kStart;
  EXPECT_EQ(fail(breaker, now, 5), 5'000u);
  for (const std::uint64_t expected : {10'000u, 20'000u, 40'000u, 60'000u, 60'000u}) {
    now = breaker.open_until();
    ASSERT_EQ(breaker.ask(now), Pass::probe);
    EXPECT_EQ(fail(breaker, now, 1, true), expected);
  }
  now = breaker.open_until();
  ASSERT_EQ(breaker.ask(now), Pass::probe);
  breaker.passed(now, true);
  EXPECT_EQ(fail(breaker, now, 5), 5'000u);
}

TEST(Breaker, AProbeThatEndsWithoutAVerdictLetsAnotherLookAtOnce) {
  Breaker breaker(only_in_a_row());
  fail(breaker, kStart, 5);
  const MonoNs later = kStart + 6 * kSecond;
  ASSERT_EQ(breaker.ask(later), Pass::probe);
  breaker.left(later);
  EXPECT_EQ(breaker.ask(later), Pass::probe);
}

TEST(Breaker, FailuresOfExchangesThatBeganBeforeDoNotProlongTheRest) {
  Breaker breaker(only_in_a_row());
  fail(breaker, kStart, 5);
  EXPECT_EQ(fail(breaker, kStart + kSecond, 50), 0u);
  EXPECT_EQ(breaker.open_until(), kStart + 5 * kSecond);
}

TEST(Breaker, HealthChecksOpenAndCloseWhatNobodyCouldReach) {
  Breaker breaker(only_in_a_row());
  EXPECT_EQ(breaker.unhealthy(kStart), 0u);
  EXPECT_FALSE(breaker.healthy(kStart));
  EXPECT_EQ(breaker.unhealthy(kStart), 0u);
  EXPECT_EQ(breaker.unhealthy(kStart), 5'000u);
  EXPECT_EQ(breaker.state(kStart), State::open);
  EXPECT_EQ(breaker.reason(), "it did not pass its health check");
  EXPECT_EQ(breaker.unhealthy(kStart + 6 * kSecond), 0u);  // it stays open, and that is no news
  EXPECT_EQ(breaker.ask(kStart + 7 * kSecond), Pass::no);
  EXPECT_TRUE(breaker.healthy(kStart + 7 * kSecond));
  EXPECT_EQ(breaker.ask(kStart + 7 * kSecond), Pass::yes);
}

TEST(Breaker, AGoodHealthCheckDoesNotExcuseBadAnswers) {
  Breaker breaker(only_in_a_row());
  fail(breaker, kStart, 5);
  EXPECT_FALSE(breaker.healthy(kStart + kSecond));
  EXPECT_EQ(breaker.ask(kStart + kSecond), Pass::no);
  Breaker unreachable(only_in_a_row());
  for (int i = 0; i < 5; ++i) unreachable.failed(kStart, Failure::unreachable, 0, false);
  EXPECT_TRUE(unreachable.healthy(kStart + kSecond));
}

TEST(Breaker, ZeroTurnsItOff) {
  BreakerSettings settings;
  settings.failures = 0;
  settings.rate = 0;
  Breaker breaker(settings);
  EXPECT_EQ(fail(breaker, kStart, 1'000), 0u);
  EXPECT_EQ(breaker.ask(kStart), Pass::yes);
}

TEST(Breaker, OfManyThreadsOneGetsTheProbe) {
  for (int round = 0; round < 200; ++round) {
    Breaker breaker(only_in_a_row());
    fail(breaker, kStart, 5);
    std::atomic<int> probes = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] { probes += breaker.ask(kStart + 5 * kSecond) == Pass::probe ? 1 : 0; });
    for (auto& thread : threads) thread.join();
    ASSERT_EQ(probes, 1);
  }
}

TEST(Pressure, RestsForTheModelThatWasAskedFor) {
  Pressure pressure;
  EXPECT_FALSE(pressure.any());
  pressure.rest(5, kStart);
  EXPECT_TRUE(pressure.any());
  EXPECT_EQ(pressure.until(5), kStart);
  EXPECT_EQ(pressure.until(6), 0);
  EXPECT_EQ(pressure.latest(), kStart);
}

TEST(RetryAfter, IsSecondsOrADateAndAtMostWhatIsAllowed) {
  const auto now = *parse_rfc3339("2026-11-25T08:00:00.000Z");
  EXPECT_EQ(retry_after_ms("7", now, 600'000), 7'000u);
  EXPECT_EQ(retry_after_ms(" 7 ", now, 600'000), 7'000u);
  EXPECT_EQ(retry_after_ms("999999999999", now, 600'000), 600'000u);
  EXPECT_EQ(retry_after_ms("Wed, 25 Nov 2026 08:00:09 GMT", now, 600'000), 9'000u);
  EXPECT_EQ(retry_after_ms("Wed, 25 Nov 2026 07:00:00 GMT", now, 600'000), 0u);
  EXPECT_EQ(retry_after_ms("Wed, 25 Nov 2099 07:00:00 GMT", now, 600'000), 600'000u);
  EXPECT_EQ(retry_after_ms("7", now, 0), 0u);
  EXPECT_EQ(retry_after_ms("7", now, 2'500), 2'500u);
  for (const auto* nonsense : {"", "soon", "-1", "1.5", "7 s"})
    EXPECT_EQ(retry_after_ms(nonsense, now, 600'000), 0u);
}

}  // namespace
}  // namespace ostiary::gateway

#include "base/allowance.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace ostiary {
namespace {

constexpr MonoNs kSecond = 1'000'000'000, kBurst = kSecond / 10;

TEST(Allowance, GivesSoManyASecondEvenly) {
  Allowance allowance;
  std::vector<int> tenths(10);
  for (MonoNs at = kSecond; at < 2 * kSecond; at += kSecond / 10'000)
    if (allowance.take(at, kSecond / 500, kBurst))
      ++tenths[static_cast<std::size_t>((at - kSecond) * 10 / kSecond)];
  EXPECT_LE(tenths[0], 102);  // the burst beside its own
  for (std::size_t i = 1; i < 10; ++i) EXPECT_NEAR(tenths[i], 50, 1) << i;
}

TEST(Allowance, AQuietTimeIsNotSavedUp) {
  Allowance allowance;
  ASSERT_TRUE(allowance.take(kSecond, kSecond / 100, kBurst));
  int taken = 0;
  while (allowance.take(1000 * kSecond, kSecond / 100, kBurst)) ++taken;
  EXPECT_NEAR(taken, 10, 1);
}

TEST(Allowance, HoldsForAllThreadsTogether) {
  Allowance allowance;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (MonoNs at = kSecond; at < 2 * kSecond; at += kSecond / 5000)
        if (allowance.take(at, kSecond / 1000, kBurst)) ++taken;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_LE(taken, 1101);
  EXPECT_GE(taken, 900);
}

}  // namespace
}  // namespace ostiary

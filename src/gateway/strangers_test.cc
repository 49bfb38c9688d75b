#include "gateway/strangers.h"

#include <gtest/gtest.h>

namespace ostiary::gateway {
namespace {

constexpr MonoNs kSecond = 1'000'000'000;

int admitted(Strangers& strangers, int tries, std::uint32_t per_minute, MonoNs now) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += strangers.admit(per_minute, now) ? 1 : 0;
  return count;
}

TEST(Strangers, AsManyAsAMinuteAllowsAreRecordedAtOnceAndTheOthersCounted) {
  Strangers strangers;
  EXPECT_EQ(admitted(strangers, 100, 7, 1000 * kSecond), 7);
  EXPECT_EQ(strangers.take_unrecorded(), 93u);
  EXPECT_EQ(strangers.unrecorded(), 0u);
}

TEST(Strangers, WhatIsUsedUpComesBackEvenlyAndNeverMoreThanAMinuteAllows) {
  Strangers strangers;
  EXPECT_EQ(admitted(strangers, 100, 60, 1000 * kSecond), 60);
  EXPECT_EQ(admitted(strangers, 100, 60, 1001 * kSecond), 1);
  EXPECT_EQ(admitted(strangers, 100, 60, 1011 * kSecond), 10);
  EXPECT_EQ(admitted(strangers, 100, 60, 9999 * kSecond), 60);
}

TEST(Strangers, NothingIsRecordedWhereNothingIsAllowed) {
  Strangers strangers;
  EXPECT_EQ(admitted(strangers, 5, 0, 1000 * kSecond), 0);
  EXPECT_EQ(strangers.unrecorded(), 5u);
}

}  // namespace
}  // namespace ostiary::gateway

#include "watch/retry.h"

#include <gtest/gtest.h>

namespace ostiary::watch {
namespace {

TEST(Retry, WaitsTwiceAsLongEachTimeUpToAnHourAFifthMoreOrLess) {
  EXPECT_EQ(pause_ms(1, 0), 4'000U);
  EXPECT_EQ(pause_ms(1, 500), 5'000U);
  EXPECT_EQ(pause_ms(1, 1000), 6'000U);
  EXPECT_EQ(pause_ms(2, 500), 10'000U);
  EXPECT_EQ(pause_ms(10, 500), 2'560'000U);
  for (const std::uint32_t many : {11U, 12U, 100U, 4'294'967'295U}) {
    EXPECT_GE(pause_ms(many, 0), 2'880'000U);
    EXPECT_LE(pause_ms(many, 1000), 4'320'000U);
  }
  EXPECT_EQ(pause_ms(0, 500), 5'000U);
  for (std::uint32_t chance = 0; chance < 100'000; chance += 97) {
    EXPECT_GE(pause_ms(3, chance), 16'000U);
    EXPECT_LE(pause_ms(3, chance), 24'000U);
  }
}

TEST(Retry, WaitsForAsLongAsTheReceiverAsksButNoLongerThanADay) {
  EXPECT_EQ(pause_ms(1, 500, "120"), 120'000U);
  EXPECT_EQ(pause_ms(1, 500, " 120 "), 120'000U);
  EXPECT_EQ(pause_ms(1, 500, "1"), 5'000U) << "not sooner than it would otherwise";
  EXPECT_EQ(pause_ms(1, 500, "9999999999"), 86'400'000U);
  for (const auto* none : {"", "soon", "-5", "Wed, 21 Oct 2026 07:28:00 GMT"})
    EXPECT_EQ(pause_ms(1, 500, none), 5'000U) << none;
}

}  // namespace
}  // namespace ostiary::watch

#include "base/zone.h"

#include <gtest/gtest.h>

namespace ostiary {
namespace {

WallMs at(std::string_view text) {
  const auto ms = parse_rfc3339(text);
  EXPECT_TRUE(ms) << text;
  return ms.value_or(0);
}

std::int64_t day(std::string_view date) {
  return at(std::string(date) + "T00:00:00Z") / 86'400'000;
}

TEST(Zone, UtcNeedsNoFile) {
  const auto zone = Zone::find("UTC");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->utc_of(day("2026-03-29"), 9 * 60), at("2026-03-29T09:00:00Z"));
  EXPECT_EQ(zone->day_of(at("2026-03-29T23:59:59Z")), day("2026-03-29"));
}

TEST(Zone, TheClockOnTheWallMovesWithSummerTime) {
  const auto zone = Zone::find("Europe/Berlin");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->utc_of(day("2026-03-28"), 9 * 60), at("2026-03-28T08:00:00Z"));
  EXPECT_EQ(zone->utc_of(day("2026-03-29"), 9 * 60), at("2026-03-29T07:00:00Z"));
  EXPECT_EQ(zone->day_of(at("2026-07-01T22:00:00Z")), day("2026-07-02"));
  EXPECT_EQ(zone->day_of(at("2026-12-01T22:00:00Z")), day("2026-12-01"));
  EXPECT_EQ(zone->utc_of(day("2026-07-01"), 1440), zone->utc_of(day("2026-07-02"), 0));
}

TEST(Zone, AnHourThatIsSkippedIsTheJumpAndOneThatComesTwiceTheFirst) {
  const auto zone = Zone::find("Europe/Berlin");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->utc_of(day("2026-03-29"), 2 * 60 + 30), at("2026-03-29T01:00:00Z"));
  EXPECT_EQ(zone->utc_of(day("2026-10-25"), 2 * 60 + 30), at("2026-10-25T00:30:00Z"));
}

TEST(Zone, DaysBeyondTheCalendarAreHeldAtItsEnds) {
  const auto zone = Zone::find("America/New_York");
  ASSERT_TRUE(zone);
  EXPECT_LT(zone->utc_of(std::int64_t{1} << 60, 0), at("9999-12-31T23:59:59Z"));
  EXPECT_GT(zone->day_of(INT64_MAX), zone->day_of(0));
  EXPECT_LT(zone->day_of(INT64_MIN), zone->day_of(0));
}

TEST(Zone, AnUnknownNameIsToldAndNeverAPath) {
  for (const auto* name : {"Europe/Berlln", "", "../../etc/passwd", "/etc/localtime", "Mars", "a b"}) {
    const auto zone = Zone::find(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().code, Code::not_found);
  }
}

}  // namespace
}  // namespace ostiary

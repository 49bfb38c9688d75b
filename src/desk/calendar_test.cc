#include "desk/calendar.h"

#include <gtest/gtest.h>
#include <random>

namespace ostiary::desk {
namespace {

constexpr WallMs kHour = 3'600'000;

WallMs at(std::string_view text) {
  const auto ms = parse_rfc3339(text);
  EXPECT_TRUE(ms) << text;
  return ms.value_or(0);
}

policy::WorkingTime office(std::string zone = "Europe/Berlin") {
  policy::WorkingTime times;
  times.zone = std::move(zone);
  times.days = 0x1f;
  times.hours = {{540, 720}, {780, 1020}};  // 9 to 12, 13 to 17
  times.holidays = {at("2026-12-25T00:00:00Z") / 86'400'000};
  return times;
}

Calendar calendar_of(const policy::WorkingTime& times) {
  auto calendar = Calendar::make(times);
  EXPECT_TRUE(calendar) << calendar.error().text();
  return calendar.value_or(Calendar());
}

TEST(Calendar, CountsOfficeHoursOfTheZoneWithoutWeekendsAndHolidays) {
  const auto calendar = calendar_of(office());
  // Wednesday 16:00 to thursday 10:00 in winter, UTC+1.
  EXPECT_EQ(calendar.between(at("2026-12-02T15:00:00Z"), at("2026-12-03T09:00:00Z")), 2 * kHour);
  // A whole week has 35 hours, that of Christmas 28.
  EXPECT_EQ(calendar.between(at("2026-12-14T00:00:00Z"), at("2026-12-21T00:00:00Z")), 35 * kHour);
  EXPECT_EQ(calendar.between(at("2026-12-21T00:00:00Z"), at("2026-12-28T00:00:00Z")), 28 * kHour);
  // Over lunch.
  EXPECT_EQ(calendar.between(at("2026-12-02T10:30:00Z"), at("2026-12-02T12:30:00Z")), kHour);
}

TEST(Calendar, DueOnFridayEveningIsDueOnMondayMorning) {
  const auto calendar = calendar_of(office());
  EXPECT_EQ(calendar.after(at("2026-12-04T15:30:00Z"), kHour), at("2026-12-07T08:30:00Z"));
  EXPECT_EQ(calendar.after(at("2026-12-05T12:00:00Z"), kHour), at("2026-12-07T09:00:00Z"));
  EXPECT_EQ(calendar.after(at("2026-12-24T15:00:00Z"), 2 * kHour), at("2026-12-28T09:00:00Z"));
}

TEST(Calendar, OfficeHoursMoveWithSummerTime) {
  const auto calendar = calendar_of(office());
  // Friday before the clocks go forward, UTC+1; monday behind it, UTC+2.
  EXPECT_EQ(calendar.after(at("2026-03-27T15:30:00Z"), kHour), at("2026-03-30T07:30:00Z"));
  EXPECT_EQ(calendar.after(at("2026-10-23T14:30:00Z"), kHour), at("2026-10-26T08:30:00Z"));
}

TEST(Calendar, AnHourThatTheClockSkipsIsNoWorkAndOneThatComesTwiceIsTwo) {
  auto times = office();
  times.days = 0x7f;
  times.hours = {{0, 240}};  // midnight to 4
  const auto calendar = calendar_of(times);
  EXPECT_EQ(calendar.between(at("2026-03-28T12:00:00Z"), at("2026-03-29T12:00:00Z")), 3 * kHour);
  EXPECT_EQ(calendar.between(at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z")), 5 * kHour);
}

TEST(Calendar, ADayOfATargetIsAWorkingDay) {
  const auto calendar = calendar_of(office());
  EXPECT_EQ(calendar.of_target(48 * kHour), 14 * kHour);
  EXPECT_EQ(calendar.of_target(4 * kHour), 4 * kHour);
  EXPECT_EQ(Calendar().of_target(48 * kHour), 48 * kHour);
  // Two working days from wednesday 10:00 are friday 10:00.
  EXPECT_EQ(calendar.after(at("2026-12-02T09:00:00Z"), calendar.of_target(48 * kHour)),
            at("2026-12-04T09:00:00Z"));
}

TEST(Calendar, WithoutHoursThatEverComeNothingIsDue) {
  auto times = office();
  times.days = 1;
  times.hours = {{0, 1}};
  const auto calendar = calendar_of(times);
  EXPECT_FALSE(calendar.after(0, 1'000'000 * kHour));
  EXPECT_EQ(calendar.between(0, at("9999-12-31T00:00:00Z")), 60'000U * ((Calendar::kMostDays + 6) / 7));
  EXPECT_EQ(calendar.between(INT64_MIN, INT64_MIN), 0U);
}

// Properties over random calendars and times: parts add up, and `after` is the inverse of `between`.
TEST(Calendar, PartsAddUpAndDueTimesAreWhereTheyAreReached) {
  std::mt19937_64 random(7);
  const char* zones[] = {"Europe/Berlin", "America/New_York",  "Asia/Kolkata", "Australia/Lord_Howe",
                         "Pacific/Apia",  "America/Sao_Paulo", "UTC"};
  const auto pick = [&](std::uint64_t below) { return random() % below; };
  for (int round = 0; round < 300; ++round) {
    policy::WorkingTime times;
    times.zone = zones[pick(std::size(zones))];
    times.days = static_cast<std::uint8_t>(1 + pick(127));
    const auto begin = static_cast<std::uint16_t>(pick(600));
    times.hours = {
        {begin, static_cast<std::uint16_t>(begin + 1 + pick(400))},
        {static_cast<std::uint16_t>(1100 + pick(100)), static_cast<std::uint16_t>(1201 + pick(240))}};
    const auto start = at("2026-01-01T00:00:00Z") + static_cast<WallMs>(pick(365ULL * 24 * kHour));
    for (std::uint64_t i = 0; i < pick(5); ++i)
      times.holidays.push_back(start / 86'400'000 + static_cast<WallMs>(i));
    const auto calendar = calendar_of(times);
    const auto middle = start + static_cast<WallMs>(pick(20ULL * 24 * kHour));
    const auto end = middle + static_cast<WallMs>(pick(20ULL * 24 * kHour));
    EXPECT_EQ(calendar.between(start, middle) + calendar.between(middle, end), calendar.between(start, end));
    EXPECT_LE(calendar.between(start, end), static_cast<std::uint64_t>(end - start));
    const auto ms = 1 + pick(100ULL * kHour);
    const auto due = calendar.after(start, ms);
    ASSERT_TRUE(due);
    EXPECT_EQ(calendar.between(start, *due), ms);
    EXPECT_EQ(calendar.between(start, *due - 1), ms - 1) << "the first such moment";
  }
}

}  // namespace
}  // namespace ostiary::desk

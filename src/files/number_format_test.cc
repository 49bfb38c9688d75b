#include <gtest/gtest.h>

#include "files/impl/spreadsheet_parts.h"

namespace ostiary::files {
namespace {

TEST(NumberFormat, CodesOfDaysAndTimesAreKnown) {
  for (const char* code :
       {"yyyy\\-mm\\-dd", "dd.mm.yyyy", "[$-407]d. mmmm yyyy;@", "mmm\\-yy", "mmmm", "m/d/yy"})
    EXPECT_EQ(number_kind_of(code), NumberKind::date) << code;
  for (const char* code : {"h:mm", "hh:mm:ss AM/PM", "mm:ss.0"})
    EXPECT_EQ(number_kind_of(code), NumberKind::time) << code;
  EXPECT_EQ(number_kind_of("yyyy-mm-dd hh:mm"), NumberKind::date_time);
  EXPECT_EQ(number_kind_of(14U), NumberKind::date);
  EXPECT_EQ(number_kind_of(22U), NumberKind::date_time);
}

TEST(NumberFormat, OtherCodesAreNumbers) {
  for (const char* code : {"General", "0.00", "#,##0.00\\ \"days\"", "[Red]0;[Blue]0", "0.00E+00", "@",
                           "[h]:mm", "0%", "\"yes\";\"yes\";\"no\"", "0_d", "\\d0", "", "\"unclosed"})
    EXPECT_EQ(number_kind_of(code), NumberKind::number) << code;
  EXPECT_EQ(number_kind_of(0U), NumberKind::number);
  EXPECT_EQ(number_kind_of(49U), NumberKind::number);
}

TEST(NumberText, DaysAreThoseOfBothDateSystems) {
  EXPECT_EQ(number_text(46352, NumberKind::date, false), "2026-11-26");
  EXPECT_EQ(number_text(44890, NumberKind::date, true), "2026-11-26");
  EXPECT_EQ(number_text(1, NumberKind::date, false), "1900-01-01");
  EXPECT_EQ(number_text(59, NumberKind::date, false), "1900-02-28");
  EXPECT_EQ(number_text(61, NumberKind::date, false), "1900-03-01");
  EXPECT_EQ(number_text(2958465, NumberKind::date, false), "9999-12-31");
  EXPECT_EQ(number_text(2958466, NumberKind::date, false), "2958466");
  EXPECT_EQ(number_text(-1, NumberKind::date, false), "-1");
}

TEST(NumberText, TimesAreRoundedToSeconds) {
  EXPECT_EQ(number_text(46352.75, NumberKind::date_time, false), "2026-11-26 18:00:00");
  EXPECT_EQ(number_text(46352, NumberKind::date_time, false), "2026-11-26");
  EXPECT_EQ(number_text(46352.33333333333, NumberKind::date_time, false), "2026-11-26 08:00:00");
  EXPECT_EQ(number_text(0.5, NumberKind::time, false), "12:00:00");
}

TEST(NumberText, NumbersAreTheShortestThatReadBackTheSame) {
  EXPECT_EQ(number_text(3, NumberKind::number, false), "3");
  EXPECT_EQ(number_text(0.10000000000000001, NumberKind::number, false), "0.1");
  EXPECT_EQ(number_text(-1234567.5, NumberKind::number, false), "-1234567.5");
  EXPECT_EQ(number_text(100000, NumberKind::number, false), "100000");
  EXPECT_EQ(number_text(1e300, NumberKind::number, false), "1e+300");
  EXPECT_EQ(number_text(-0.0, NumberKind::number, false), "0");
}

}  // namespace
}  // namespace ostiary::files

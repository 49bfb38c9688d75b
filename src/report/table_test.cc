#include "report/table.h"

#include <gtest/gtest.h>

namespace ostiary::report {
namespace {

TEST(Table, ColumnsAreAlignedAndRowsEndWithoutBlanks) {
  Table table({{.name = "FILE"}, {.name = "N", .right = true}, {.name = "WHAT"}});
  table.add({{"a.c"}, {"7"}, {"token"}});
  table.add({{"long/name.c"}, {"123"}});
  EXPECT_EQ(table.text(80, false),
            "FILE           N  WHAT\n"
            "a.c            7  token\n"
            "long/name.c  123\n");
}

TEST(Table, WidthsAreThoseOfATerminal) {
  EXPECT_EQ(width_of("abc"), 3u);
  EXPECT_EQ(width_of("é"), 1u);
  EXPECT_EQ(width_of("e\u0301"), 1u);
  EXPECT_EQ(width_of("日本"), 4u);
  EXPECT_EQ(width_of("😀"), 2u);
  EXPECT_EQ(width_of("\xff"), 1u);
  Table table({{.name = ""}, {.name = ""}});
  table.add({{"日本"}, {"x"}});
  table.add({{"abcd"}, {"y"}});
  EXPECT_EQ(table.text(80, false), "日本  x\nabcd  y\n");
}

TEST(Table, WhatMayBeCutGivesWay) {
  Table table({{.name = "", .keep_end = true, .least = 6}, {.name = ""}, {.name = "", .least = 4}});
  table.add({{"src/very/long/path.c"}, {"fixed text"}, {"a description that is long"}});
  EXPECT_EQ(table.text(32, false), "…g/path.c  fixed text  a descri…\n");
  EXPECT_EQ(table.text(1, false), "…ath.c  fixed text  a d…\n");  // as far as they may
  EXPECT_EQ(width_of(table.text(40, false)), 40u);
}

TEST(Table, FittedKeepsWholeCharacters) {
  EXPECT_EQ(fitted("日本語", 5), "日本…");
  EXPECT_EQ(fitted("日本語", 4), "日…");
  EXPECT_EQ(fitted("日本語", 5, true), "…本語");
  EXPECT_EQ(fitted("abc", 3), "abc");
  EXPECT_EQ(fitted("abc", 0), "");
}

TEST(Table, ColourOnlyWhereItIsAskedFor) {
  Table table({{.name = ""}, {.name = ""}});
  table.add({{"bad", Paint::red}, {"x"}});
  EXPECT_EQ(table.text(80, true), "\x1b[31mbad\x1b[0m  x\n");
  EXPECT_EQ(table.text(80, false), "bad  x\n");
}

TEST(Table, NoCellSteersTheTerminal) {
  EXPECT_EQ(printable("a\x1b[2J\r\n\x7f\xc2\x9b\u202e\xffz"), "a?[2J??????z");
  Table table({{.name = ""}, {.name = ""}});
  table.add({{"\x1b]0;x\a"}, {"y"}});
  EXPECT_EQ(table.text(80, true), "?]0;x?  y\n");
}

}  // namespace
}  // namespace ostiary::report

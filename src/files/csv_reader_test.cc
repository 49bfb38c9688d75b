#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/spreadsheet.h"

namespace ostiary::files {
namespace {

using std::string_view_literals::operator""sv;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Rows = std::vector<std::vector<std::string>>;

Spreadsheet read(std::string_view bytes, const SpreadsheetLimits& limits = {}) {
  auto out = read_spreadsheet(bytes, "dir/uses.csv", limits);
  EXPECT_TRUE(out) << out.error().text();
  EXPECT_EQ(out->format, "csv");
  EXPECT_THAT(out->sheets, SizeIs(1));
  return *out;
}
Rows rows(std::string_view bytes) {
  const auto out = read(bytes);
  EXPECT_THAT(out.partial, IsEmpty());
  return out.sheets[0].rows;
}

TEST(Csv, QuotesDelimitersAndLinesInCellsAreRead) {
  EXPECT_EQ(rows("a,b,c\r\n\"x, \"\"y\"\"\",\"two\r\nlines\",\r\n1, \"q\" ,\"b\"c\n"),
            (Rows{{"a", "b", "c"}, {"x, \"y\"", "two\r\nlines"}, {"1", "q", "bc"}}));
}

TEST(Csv, AnyLineEndEndsARecord) {
  EXPECT_EQ(rows("a,b\rc,d\ne,f\r\ng,h"), (Rows{{"a", "b"}, {"c", "d"}, {"e", "f"}, {"g", "h"}}));
}

TEST(Csv, TheDelimiterIsTheOneThatDividesEvenly) {
  const auto delimiter = [](std::string_view text) { return read(text).delimiter; };
  EXPECT_EQ(delimiter("a,b\n1,2\n"), ',');
  EXPECT_EQ(delimiter("a;b;c\n1,5;2,5;x\n1,0;2,0;y, z\n"), ';');
  EXPECT_EQ(delimiter("a\tb\n1,2\t3;4\n"), '\t');
  EXPECT_EQ(delimiter("a|b|c\n1|2|3\n"), '|');
  EXPECT_EQ(delimiter("Name;Purpose\nx;\"a, b, c, d\"\ny;\"e, f, g, h\"\n"), ';');
  EXPECT_EQ(delimiter("Name;Note\nx;one, two, three\ny;four, five, six\nz;plain\n"), ';');
  EXPECT_EQ(delimiter("one column\nonly\n"), ',');
}

TEST(Csv, ALineThatSaysTheDelimiterIsObeyed) {
  const auto out = read("sep=|\r\na,b|c\r\n");
  EXPECT_EQ(out.delimiter, '|');
  EXPECT_EQ(out.sheets[0].rows, (Rows{{"a,b", "c"}}));
  EXPECT_THAT(out.sheets[0].numbers, ElementsAre(2));
}

TEST(Csv, EveryEncodingIsRead) {
  const Rows want{{"Käufer", "€"}};
  const auto check = [&](std::string_view bytes, const char* encoding) {
    const auto out = read(bytes);
    EXPECT_EQ(out.encoding, encoding);
    EXPECT_EQ(out.sheets[0].rows, want) << encoding;
    EXPECT_THAT(out.partial, IsEmpty());
  };
  check("K\xc3\xa4ufer,\xe2\x82\xac", "utf-8");
  check("\xef\xbb\xbfK\xc3\xa4ufer,\xe2\x82\xac", "utf-8");
  check("K\xe4ufer,\x80", "windows-1252");
  check("\xff\xfeK\0\xe4\0u\0f\0e\0r\0,\0\xac\x20"sv, "utf-16le");
  check("\xfe\xff\0K\0\xe4\0u\0f\0e\0r\0,\x20\xac"sv, "utf-16be");
  check("K\0\xe4\0u\0f\0e\0r\0,\0\xac\x20"sv, "utf-16le");
  check("\0K\0\xe4\0u\0f\0e\0r\0,\x20\xac"sv, "utf-16be");
}

TEST(Csv, AFewBrokenCharactersAreReplacedAndTold) {
  const auto out = read("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4,\xff");
  EXPECT_EQ(out.encoding, "utf-8");
  EXPECT_EQ(out.sheets[0].rows[0][1], "\xEF\xBF\xBD");
  ASSERT_THAT(out.partial, SizeIs(1));
  EXPECT_EQ(out.partial[0].why, Why::damaged);
  const auto wide = read("\xff\xfe\x3d\xd8\x00\xde,\0\x3d\xd8"sv);
  EXPECT_EQ(wide.sheets[0].rows, (Rows{{"😀", "\xEF\xBF\xBD"}}));
  EXPECT_THAT(wide.partial, SizeIs(1));
}

TEST(Csv, BlankRowsAreLeftOutAndTheOthersKnowTheirLines) {
  const auto out = read("\n , ,\n\"two\nlines\",x\n\n,\na,b\n");
  EXPECT_EQ(out.sheets[0].rows, (Rows{{"two\nlines", "x"}, {"a", "b"}}));
  EXPECT_THAT(out.sheets[0].numbers, ElementsAre(3, 7));
  EXPECT_EQ(out.sheets[0].name, "uses.csv");
}

TEST(Csv, RepeatedHeadersRaggedRowsAndLongCellsStayAsTheyAre) {
  const std::string longest(400'000, 'x');
  EXPECT_EQ(rows("Name,Name,Name\na\nb,c,d,e\n\"" + longest + "\",f\n"),
            (Rows{{"Name", "Name", "Name"}, {"a"}, {"b", "c", "d", "e"}, {longest, "f"}}));
}

TEST(Csv, AQuoteThatNothingClosesIsTakenForACharacter) {
  const auto out = read("a,b\n\"open,c\nd,\"e\"\nf,g\n");
  EXPECT_EQ(out.sheets[0].rows, (Rows{{"a", "b"}, {"open,c\nd,e\""}, {"f", "g"}}));
  const auto lost = read("a,b\nx,\"open\nd,e\n");
  EXPECT_EQ(lost.sheets[0].rows, (Rows{{"a", "b"}, {"x", "\"open"}, {"d", "e"}}));
  ASSERT_THAT(lost.partial, SizeIs(1));
  EXPECT_EQ(lost.partial[0].why, Why::damaged);
  EXPECT_THAT(lost.partial[0].text, HasSubstr("line 2"));
}

TEST(Csv, ManyOpenQuotesTakeLinearTime) {
  std::string text = "a,b\n";
  for (int i = 0; i < 1'000'000; ++i) text += "x\",\"";
  text += '"';
  EXPECT_THAT(read(text).sheets, SizeIs(1));
  std::string other = "a,b\n";
  for (int i = 0; i < 300'000; ++i) other += "\"\"\",";
  EXPECT_THAT(read(other).sheets, SizeIs(1));
}

TEST(Csv, EveryLimitIsKeptAndTold) {
  const auto told = [](std::string_view text, SpreadsheetLimits limits) {
    const auto out = read(text, limits);
    EXPECT_THAT(out.partial, SizeIs(1));
    return out;
  };
  EXPECT_THAT(told("a\nb\nc\n", {.rows = 2}).sheets[0].rows, SizeIs(2));
  EXPECT_EQ(told("a,b,c\nd,e,f\n", {.columns = 2}).sheets[0].rows, (Rows{{"a", "b"}, {"d", "e"}}));
  EXPECT_EQ(told("a,b\nc,d\n", {.cells = 3}).sheets[0].rows, (Rows{{"a", "b"}}));
  EXPECT_EQ(told("a,b\nccc,d\n", {.text_bytes = 4}).sheets[0].rows, (Rows{{"a", "b"}}));
  EXPECT_EQ(told("a,\xc3\xa4\xc3\xa4\n", {.cell_bytes = 3}).sheets[0].rows, (Rows{{"a", "\xc3\xa4"}}));
  EXPECT_EQ(read_spreadsheet("a,b\n", "x", {.unpacked_bytes = 3}).error().code, Code::too_large);
}

TEST(Csv, WhatIsNoTableIsRefusedWithAWayOut) {
  const auto message = [](std::string_view bytes) {
    const auto out = read_spreadsheet(bytes, "x.xls");
    EXPECT_FALSE(out);
    return out ? "" : out.error().text();
  };
  EXPECT_THAT(message("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv), HasSubstr("save it as XLSX"));
  EXPECT_THAT(message("<html><table>"), HasSubstr("save it as XLSX"));
  EXPECT_THAT(message("%PDF-1.7"), HasSubstr("export the table"));
  EXPECT_THAT(message("\x7f"
                      "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\x3e\0\1\0\0\0\0\0\0\0\0\0\0\0\x40"sv),
              HasSubstr("neither CSV nor XLSX"));
}

TEST(Csv, NothingIsATableWithoutRows) {
  EXPECT_THAT(read("").sheets[0].rows, IsEmpty());
}

}  // namespace
}  // namespace ostiary::files

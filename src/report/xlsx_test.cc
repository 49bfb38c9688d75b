#include "report/xlsx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <zlib.h>

#include "report/impl/samples.h"

namespace ostiary::report {
namespace {

using std::string_literals::operator""s;
using ::testing::HasSubstr;
using ::testing::Not;

std::uint32_t number(std::string_view s, std::size_t at, int bytes) {
  std::uint32_t out = 0;
  for (int i = bytes; i-- > 0;) out = out << 8 | static_cast<unsigned char>(s.at(at + i));
  return out;
}

// The members, by the headers before them, with their checksums compared.
std::map<std::string, std::string> members(std::string_view zip) {
  std::map<std::string, std::string> out;
  std::size_t at = 0;
  while (number(zip, at, 4) == 0x04034b50) {
    const auto crc = number(zip, at + 14, 4), packed = number(zip, at + 18, 4),
               size = number(zip, at + 22, 4);
    const auto name = zip.substr(at + 30, number(zip, at + 26, 2));
    std::string bytes(size, '\0');
    z_stream stream{};
    EXPECT_EQ(::inflateInit2(&stream, -15), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zip.data() + at + 30 + name.size()));
    stream.avail_in = packed;
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = size;
    EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
    ::inflateEnd(&stream);
    EXPECT_EQ(::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), size), crc);
    out.emplace(name, bytes);
    at += 30 + name.size() + packed;
  }
  EXPECT_EQ(number(zip, at, 4), 0x02014b50U);
  return out;
}

std::string sheet_of(std::vector<XlsxCell> cells) {
  XlsxSheet sheet;
  sheet.rows = {std::move(cells)};
  return members(*xlsx({sheet})).at("xl/worksheets/sheet1.xml");
}

TEST(Xlsx, CellsKeepTheirTypes) {
  const auto text = sheet_of({"a"s, -12.5, true, XlsxDate{1'795'680'123'456}, std::monostate{}});
  EXPECT_THAT(text, HasSubstr(R"(<c r="A1" s="0" t="inlineStr"><is><t xml:space="preserve">a</t></is></c>)"));
  EXPECT_THAT(text, HasSubstr(R"(<c r="B1"><v>-12.5</v></c>)"));
  EXPECT_THAT(text, HasSubstr(R"(<c r="C1" t="b"><v>1</v></c>)"));
  EXPECT_THAT(text, HasSubstr(R"(<c r="D1" s="2"><v>46352</v></c></row>)"));
}

TEST(Xlsx, ATextIsNeverAFormula) {
  const auto text = sheet_of({"=HYPERLINK(\"http://x\")"s, "+1"s, "@a"s});
  EXPECT_THAT(text, Not(HasSubstr("<f>")));
  EXPECT_THAT(text,
              HasSubstr(R"(t="inlineStr"><is><t xml:space="preserve">=HYPERLINK(&#34;http://x&#34;)</t>)"));
}

TEST(Xlsx, ALongTextIsCutInWholeCharacters) {
  const auto shown = [](const std::string& s) {
    const auto text = sheet_of({s});
    const auto from = text.find("preserve\">") + 10;
    return text.substr(from, text.find("</t>") - from);
  };
  EXPECT_EQ(shown(std::string(32'767, 'x')), std::string(32'767, 'x'));
  EXPECT_EQ(shown(std::string(32'768, 'x')), std::string(32'766, 'x') + "…");
  // Outside the first plane a character takes two units.
  EXPECT_EQ(shown(std::string(32'765, 'x') + "😀y"), std::string(32'765, 'x') + "…");
  EXPECT_EQ(shown(std::string(32'764, 'x') + "😀yz"), std::string(32'764, 'x') + "😀…");
}

TEST(Xlsx, WhatXmlCannotHoldAndWhatLooksLikeAnEscapeIsMadeToFit) {
  const auto text = sheet_of({"a\x01\xff_x000D_ _x00_"s});
  EXPECT_THAT(text, HasSubstr("a\xEF\xBF\xBD\xEF\xBF\xBD_x005F_x000D_ _x00_<"));
}

TEST(Xlsx, NumbersThatAreNoneAreEmptyCells) {
  EXPECT_THAT(sheet_of({std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}),
              HasSubstr("<row r=\"1\"></row>"));
}

TEST(Xlsx, DaysThatSpreadsheetsDisagreeAboutAreTexts) {
  constexpr WallMs day = 86'400'000;
  EXPECT_THAT(sheet_of({XlsxDate{-25'508 * day}}), HasSubstr("<v>61</v>"));  // 1900-03-01
  EXPECT_THAT(sheet_of({XlsxDate{-25'509 * day}}), HasSubstr(">1900-02-28</t>"));
  EXPECT_THAT(sheet_of({XlsxDate{-1}}), HasSubstr("<v>25568</v>"));
}

TEST(Xlsx, OnlyPagesAreLinks) {
  XlsxSheet sheet;
  sheet.rows = {{XlsxLink{"page", "https://example.com/?a&b"}, XlsxLink{"bad", "javascript:alert(1)"},
                 XlsxLink{"other", "ssh://h/"}}};
  const auto all = members(*xlsx({sheet}));
  EXPECT_THAT(all.at("xl/worksheets/sheet1.xml"),
              HasSubstr(R"(<hyperlink ref="A1" r:id="rId1"/></hyperlinks>)"));
  const auto& links = all.at("xl/worksheets/_rels/sheet1.xml.rels");
  EXPECT_THAT(links, HasSubstr(R"(TargetMode="External" Target="https://example.com/?a&#38;b")"));
  EXPECT_THAT(links, Not(HasSubstr("javascript")));
  EXPECT_THAT(links, Not(HasSubstr("rId2")));
}

TEST(Xlsx, TheHeaderStaysInSightAndHasAFilter) {
  XlsxSheet sheet;
  sheet.header = {"a", "b"};
  sheet.rows = {{"1"s}};
  sheet.widths = {33};
  const auto text = members(*xlsx({sheet})).at("xl/worksheets/sheet1.xml");
  EXPECT_THAT(text,
              HasSubstr(R"(<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>)"));
  EXPECT_THAT(
      text, HasSubstr(R"(<col min="1" max="1" width="33" customWidth="1"/><col min="2" max="2" width="8")"));
  EXPECT_THAT(text, HasSubstr(R"(<autoFilter ref="A1:B2"/>)"));
  EXPECT_THAT(text, HasSubstr(R"(<c r="A1" s="1")"));
}

TEST(Xlsx, NamesOfSheetsAreMadeToFit) {
  const auto names = [](std::vector<std::string> given) {
    std::vector<XlsxSheet> sheets(given.size());
    for (std::size_t i = 0; i < given.size(); ++i) sheets[i].name = given[i];
    return members(*xlsx(sheets)).at("xl/workbook.xml");
  };
  EXPECT_THAT(names({"Uses", "USES", ""}),
              HasSubstr("\"Uses\" sheetId=\"1\" r:id=\"rId1\"/><sheet name=\"USES (2)\" sheetId=\"2\" "
                        "r:id=\"rId2\"/><sheet name=\"Sheet\" sheetId=\"3\""));
  EXPECT_THAT(names({"'a/b?'"}), HasSubstr("name=\"a b \""));
  EXPECT_THAT(names({"History"}), HasSubstr("name=\"Sheet\""));
  EXPECT_THAT(names({std::string(40, 'z')}), HasSubstr("name=\"" + std::string(30, 'z') + "…\""));
}

TEST(Xlsx, TheSameSheetsGiveTheSameBytes) {
  EXPECT_EQ(*xlsx(samples::sheets()), *xlsx(samples::sheets()));
}

TEST(Xlsx, WhatASheetCannotHoldIsRefused) {
  XlsxSheet wide, tall;
  wide.rows = {std::vector<XlsxCell>(16'385)};
  EXPECT_EQ(xlsx({wide}).error().code, Code::too_large);
  tall.header = {"a"};
  tall.rows.resize(1'048'576);
  EXPECT_EQ(xlsx({tall}).error().code, Code::too_large);
  EXPECT_EQ(xlsx({}).error().code, Code::invalid);
}

TEST(Xlsx, ColumnsBehindZHaveTwoAndThreeLetters) {
  std::vector<XlsxCell> cells(703);
  cells[25] = cells[26] = cells[701] = cells[702] = true;
  const auto text = sheet_of(cells);
  for (const char* at : {"\"Z1\"", "\"AA1\"", "\"ZZ1\"", "\"AAA1\""}) EXPECT_THAT(text, HasSubstr(at));
}

}  // namespace
}  // namespace ostiary::report

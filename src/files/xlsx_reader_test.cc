#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "base/file.h"
#include "files/spreadsheet.h"

namespace ostiary::files {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Rows = std::vector<std::vector<std::string>>;
using Parts = std::map<std::string, std::string>;

la_ssize_t collect(archive*, void* out, const void* data, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

std::string zipped(const Parts& parts) {
  std::string out;
  auto* writer = ::archive_write_new();
  ::archive_write_set_format_zip(writer);
  ::archive_write_set_bytes_in_last_block(writer, 1);
  EXPECT_EQ(::archive_write_open(writer, &out, nullptr, collect, nullptr), ARCHIVE_OK);
  for (const auto& [name, bytes] : parts) {
    auto* entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, name.c_str());
    ::archive_entry_set_filetype(entry, AE_IFREG);
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    EXPECT_GE(::archive_write_header(writer, entry), ARCHIVE_WARN);
    ::archive_write_data(writer, bytes.data(), bytes.size());
    ::archive_entry_free(entry);
  }
  ::archive_write_close(writer);
  ::archive_write_free(writer);
  return out;
}

// A workbook of one sheet, whose rows are given, with texts and formats of cells: 1 a day, 2 a day and time.
Parts book(const std::string& rows, const std::string& behind = "") {
  return {
      {"_rels/.rels",
       R"(<Relationships><Relationship Id="r" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>)"},
      {"xl/workbook.xml",
       R"(<workbook xmlns:r="x"><sheets><sheet name="Uses" sheetId="9" r:id="rId1"/></sheets></workbook>)"},
      {"xl/_rels/workbook.xml.rels",
       R"(<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>)"
       R"(<Relationship Id="rId2" Type="http://x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>)"},
      {"xl/styles.xml",
       R"(<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm"/></numFmts>)"
       R"(<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>)"
       R"(<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>)"},
      {"xl/sharedStrings.xml",
       R"(<sst><si><t>openai</t></si><si><r><rPr><b/></rPr><t xml:space="preserve">two </t></r>)"
       R"(<r><t>runs</t></r><rPh sb="0"><t>READ ALOUD</t></rPh></si><si><t>a_x000D_b_x</t></si></sst>)"},
      {"xl/worksheets/sheet1.xml",
       "<worksheet><sheetData>" + rows + "</sheetData>" + behind + "</worksheet>"}};
}

Spreadsheet read(const Parts& parts, const SpreadsheetLimits& limits = {}) {
  auto out = read_spreadsheet(zipped(parts), "uses.xlsx", limits);
  EXPECT_TRUE(out) << out.error().text();
  EXPECT_EQ(out->format, "xlsx");
  return out ? *out : Spreadsheet{};
}
Rows rows(const std::string& xml, const std::string& behind = "") {
  const auto out = read(book(xml, behind));
  EXPECT_THAT(out.partial, IsEmpty());
  EXPECT_THAT(out.sheets, SizeIs(1));
  return out.sheets.at(0).rows;
}

TEST(XlsxReader, EveryTypeOfCellIsAText) {
  EXPECT_EQ(
      rows(
          R"(<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c t="s"><v>2</v></c>)"
          R"(<c r="D1" t="inlineStr"><is><t>in</t><r><t>line</t></r></is></c><c t="str"><f>A1</f><v>&lt;x&gt;</v></c>)"
          R"(<c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#N/A</v></c><c><v>0.10000000000000001</v></c>)"
          R"(<c s="1"><v>46352</v></c><c s="2"><v>46352.75</v></c><c t="d"><v>2026-11-26</v></c></row>)"),
      (Rows{{"openai", "two runs", "a\rb_x", "inline", "<x>", "TRUE", "FALSE", "#N/A", "0.1", "2026-11-26",
             "2026-11-26 18:00:00", "2026-11-26"}}));
}

TEST(XlsxReader, CellsStandWhereTheirReferenceSays) {
  const auto out = read(
      book(R"(<row r="3"><c r="C3"><v>1</v></c><c><v>2</v></c></row><row><c/><c r="AA4"><v>3</v></c></row>)"
           R"(<row r="5"><c r="A5"><v/></c></row><row r="900000"><c r="A900000"><v>4</v></c></row>)"));
  EXPECT_THAT(out.sheets[0].numbers, ElementsAre(3, 4, 900000));
  EXPECT_EQ(out.sheets[0].rows[0], (std::vector<std::string>{"", "", "1", "2"}));
  EXPECT_THAT(out.sheets[0].rows[1], SizeIs(27));
  EXPECT_EQ(out.sheets[0].rows[1][26], "3");
  EXPECT_EQ(out.sheets[0].rows[2], (std::vector<std::string>{"4"}));
}

TEST(XlsxReader, AMergedRangeHasItsTextInEachCell) {
  EXPECT_EQ(
      rows(
          R"(<row r="1"><c r="A1"><v>1</v></c><c r="C1"><v>2</v></c></row><row r="2"><c r="C2"><v>3</v></c></row>)",
          R"(<mergeCells><mergeCell ref="A1:B2"/><mergeCell ref="C1:D1"/><mergeCell ref="A9:B9"/></mergeCells>)"),
      (Rows{{"1", "1", "2", "2"}, {"1", "1", "3"}}));
}

TEST(XlsxReader, AMergeOfTheWholeSheetIsBounded) {
  std::string all, merges = "<mergeCells>";
  for (int i = 1; i <= 1000; ++i)
    all += "<row r=\"" + std::to_string(i) + "\"><c r=\"A" + std::to_string(i) + "\"><v>1</v></c></row>";
  for (int i = 0; i < 1000; ++i) merges += R"(<mergeCell ref="A1:XFD1048576"/>)";
  const auto out = read(book(all, merges + "</mergeCells>"), {.cells = 100'000});
  ASSERT_THAT(out.partial, SizeIs(1));
  EXPECT_EQ(out.partial[0].why, Why::too_many);
}

TEST(XlsxReader, SheetsComeInTheirOrderAndHiddenOnesAreNoted) {
  auto parts = book(R"(<row><c><v>1</v></c></row>)");
  parts["xl/workbook.xml"] =
      R"(<workbook><workbookPr date1904="1"/><sheets><sheet name="Z &amp; a" r:id="rId3" state="veryHidden"/>)"
      R"(<sheet name="Uses" r:id="rId1"/><sheet name="Chart" r:id="rId4"/><sheet name="Gone" r:id="rId5"/></sheets></workbook>)";
  parts["xl/_rels/workbook.xml.rels"] =
      R"(<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>)"
      R"(<Relationship Id="rId3" Type="http://x/worksheet" Target="../XL/Worksheets/other.xml"/>)"
      R"(<Relationship Id="rId4" Type="http://x/chartsheet" Target="chartsheets/sheet1.xml"/>)"
      R"(<Relationship Id="rId5" Type="http://x/worksheet" Target="worksheets/gone.xml"/></Relationships>)";
  parts["xl/worksheets/Other.xml"] =
      R"(<worksheet><sheetData><row><c s="1"><v>44890</v></c></row></sheetData></worksheet>)";
  const auto out = read(parts);
  ASSERT_THAT(out.sheets, SizeIs(3));
  EXPECT_EQ(out.sheets[0].name, "Z & a");
  EXPECT_TRUE(out.sheets[0].hidden);
  EXPECT_EQ(out.sheets[0].rows, (Rows{{"2026-11-26"}}));
  EXPECT_EQ(out.sheets[1].name, "Uses");
  EXPECT_FALSE(out.sheets[1].hidden);
  EXPECT_EQ(out.sheets[1].rows, (Rows{{"1"}}));
  ASSERT_THAT(out.partial, SizeIs(1));
  EXPECT_EQ(out.partial[0].path, "uses.xlsx!/Gone");
}

TEST(XlsxReader, WhatIsDamagedIsToldAndTheRestIsGiven) {
  const auto cut = read(book("<row><c><v>1</v></c></row><row><c><v>2</c>", "<"));
  EXPECT_EQ(cut.sheets[0].rows, (Rows{{"1"}}));
  ASSERT_THAT(cut.partial, SizeIs(1));
  EXPECT_EQ(cut.partial[0].why, Why::damaged);
  const auto missing = read(book(R"(<row><c t="s"><v>3</v></c><c><v>2</v></c></row>)"));
  EXPECT_EQ(missing.sheets[0].rows, (Rows{{"", "2"}}));
  ASSERT_THAT(missing.partial, SizeIs(1));
  auto parts = book(R"(<row><c t="s"><v>0</v></c></row>)");
  parts["xl/sharedStrings.xml"] = R"(<!DOCTYPE x [<!ENTITY a "b">]><sst><si><t>&a;</t></si></sst>)";
  EXPECT_FALSE(read(parts).partial.empty());
}

TEST(XlsxReader, EveryLimitIsKeptAndTold) {
  const auto three =
      R"(<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>333</v></c></row><row><c><v>4</v></c></row>)";
  const auto told = [&](SpreadsheetLimits limits) {
    const auto out = read(book(three), limits);
    EXPECT_THAT(out.partial, SizeIs(1));
    return out.sheets.at(0).rows;
  };
  EXPECT_EQ(told({.rows = 2}), (Rows{{"1", "2"}, {"333"}}));
  EXPECT_EQ(told({.columns = 1}), (Rows{{"1"}, {"333"}, {"4"}}));
  EXPECT_EQ(told({.cells = 3}), (Rows{{"1", "2"}, {"333"}}));
  EXPECT_EQ(told({.cell_bytes = 2}), (Rows{{"1", "2"}, {"33"}, {"4"}}));
  auto wide =
      read(book(R"(<row><c r="XFE1"><v>1</v></c><c r="ZZZZ1"><v>1</v></c><c r="A1"><v>2</v></c></row>)"));
  EXPECT_EQ(wide.sheets[0].rows, (Rows{{"2"}}));
  EXPECT_THAT(wide.partial, SizeIs(1));
}

TEST(XlsxReader, ABombIsNotUnpacked) {
  const auto out =
      read(book("<row><c t=\"inlineStr\"><is><t>" + std::string(100u << 20, 'x') + "</t></is></c></row>"));
  ASSERT_FALSE(out.partial.empty());
  EXPECT_EQ(out.partial[0].why, Why::bomb);
}

std::string seed(const char* name) {
  auto bytes = read_file(std::string(OSTIARY_SOURCE_DIR "/fuzz/corpus/spreadsheet/") + name);
  EXPECT_TRUE(bytes);
  return bytes.value_or("");
}

TEST(XlsxReader, AWorkbookOfOpenpyxlIsRead) {
  const auto out = read_spreadsheet(seed("openpyxl.xlsx"), "x.xlsx");
  ASSERT_TRUE(out);
  EXPECT_THAT(out->partial, IsEmpty());
  ASSERT_THAT(out->sheets, SizeIs(2));
  EXPECT_EQ(out->sheets[0].rows, (Rows{{"Tool", "Tool", "Seen", "Count"},
                                       {"openai", "", "2026-11-26 18:00:00", "2.5"},
                                       {"TRUE", "", "2026-01-01", "é"}}));
  EXPECT_EQ(out->sheets[1].name, "Hidden");
  EXPECT_TRUE(out->sheets[1].hidden);
  EXPECT_EQ(out->sheets[1].rows, (Rows{{"", "", "x"}}));
}

TEST(XlsxReader, AWorkbookThatReportWroteIsReadAsItWasMeant) {
  const auto out = read_spreadsheet(seed("own.xlsx"), "x.xlsx");
  ASSERT_TRUE(out);
  EXPECT_THAT(out->partial, IsEmpty());
  ASSERT_THAT(out->sheets, SizeIs(4));
  const auto& rows = out->sheets[0].rows;
  EXPECT_EQ(rows.at(1), (std::vector<std::string>{"openai", "3", "2026-11-26", "TRUE", "the page"}));
  EXPECT_EQ(rows.at(2).at(0), "=1+1");
  EXPECT_EQ(rows.at(3).at(0), " blanks \tand\nlines ");
  EXPECT_EQ(rows.at(4).at(4), "<b>&amp;\xEF\xBF\xBD\xEF\xBF\xBD</b>_x000D_");
}

TEST(XlsxReader, OtherArchivesAreRefusedWithAWayOut) {
  const auto ods =
      read_spreadsheet(zipped({{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}}), "x.ods");
  ASSERT_FALSE(ods);
  EXPECT_THAT(ods.error().text(), HasSubstr("save it as XLSX or CSV"));
  const auto other = read_spreadsheet(zipped({{"a.txt", "x"}}), "x.zip");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::invalid);
}

}  // namespace
}  // namespace ostiary::files

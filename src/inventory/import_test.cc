#include "inventory/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inventory/impl/cell.h"

namespace ostiary::inventory {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Rows = std::vector<std::vector<std::string>>;

Table table(Rows rows) {
  files::Sheet sheet{.name = "Tools", .rows = std::move(rows), .numbers = {}};
  for (std::size_t i = 0; i < sheet.rows.size(); ++i) sheet.numbers.push_back(i + 1);
  auto found = table_of(sheet);
  EXPECT_TRUE(found) << found.error().text();
  return found ? *found : Table{};
}

std::vector<std::string> suggested(const std::vector<std::string>& header) {
  std::vector<std::string> out;
  for (const auto& column : columns_of(header, {}, {}))
    out.push_back((column.field ? std::string(name(*column.field)) : "-") + " " + std::string(column.how));
  return out;
}

TEST(Columns, AreSuggestedByWhatPeopleCallThem) {
  EXPECT_THAT(suggested({"AI Tool", "Business Owner", "Vendor", "Use-Case", "Data classification", "Licence",
                         "Cost centre"}),
              ElementsAre("tool name", "owner name", "provider name", "purpose name", "data_classes name",
                          "license name", "- none"));
  EXPECT_THAT(suggested({"Ownr", "Name of the tool", "Provder", "next_review"}),
              ElementsAre("owner alike", "tool alike", "provider alike", "next_review name"));
  EXPECT_THAT(suggested({"Risk", "Risk level"}), ElementsAre("- none", "- none"))
      << "a company's own risk levels are not the classes of the AI Act";
}

TEST(Columns, AFieldIsOneColumnsUnlessItTakesSeveral) {
  EXPECT_THAT(suggested({"Tool", "Product", "Notes", "Comments"}),
              ElementsAre("tool name", "- none", "notes name", "notes name"));
}

TEST(Columns, WhatIsSaidGoesBeforeWhatIsRememberedAndThatBeforeTheNames) {
  const ColumnWishes said{{"Vendor", F::supplier}},
      remembered{{"Vendor", F::provider}, {"Tool", std::nullopt}};
  const auto columns = columns_of({"Tool", "Vendor", "Team"}, said, remembered);
  EXPECT_EQ(columns[0].field, std::nullopt);
  EXPECT_EQ(columns[0].how, "remembered");
  EXPECT_EQ(columns[1].field, F::supplier);
  EXPECT_EQ(columns[2].how, "name");
  const auto again = read_wishes(wishes_json(remembered));
  EXPECT_EQ(again, remembered);
  EXPECT_THAT(
      read_wishes("[{\"column\":\"x\",\"field\":\"last_seen\"},{\"column\":\"y\",\"field\":\"rubbish\"}]"),
      IsEmpty());
}

TEST(Columns, OfOurOwnExportWhatNobodyStatesIsPassedOver) {
  EXPECT_THAT(suggested({"id", "revision", "tool", "last_seen", "seen"}),
              ElementsAre("- ours", "- ours", "tool name", "- ours", "- ours"));
  EXPECT_THAT(suggested({"id", "tool"}), ElementsAre("- none", "tool name")) << "an id of theirs is kept";
}

TEST(Table, ItsHeadingStandsBelowATitleAndMayComeAgain) {
  const auto found = table({{"AI inventory 2026", "", "draft, by legal"},
                            {"Tool", "Owner", "Owner", ""},
                            {"ChatGPT", "ada", "bob", "x"},
                            {"", " "},
                            {"TOOL", "owner", "Owner", ""},
                            {"Claude", "eve"}});
  EXPECT_THAT(found.header, ElementsAre("Tool", "Owner", "Owner (2)", "column 4"));
  ASSERT_EQ(found.rows.size(), 2U);
  EXPECT_EQ(found.rows[0].number, 3U);
  EXPECT_EQ(found.rows[1].number, 6U);
  EXPECT_EQ(table_of({.name = "empty", .rows = {}, .numbers = {}}).error().code, Code::invalid);
}

TEST(Table, AVeryWideSheetIsReadInAMoment) {
  Rows rows(40, std::vector<std::string>(16'384, "responsible persn of the too"));
  const auto begun = mono_now();
  const auto found = table(std::move(rows));
  EXPECT_EQ(columns_of(found.header, {}, {}).size(), Table::kMostColumns);
  EXPECT_LT(mono_now() - begun, 5'000'000'000) << "it takes a fraction of a second alone";
}

TEST(Row, BecomesAUseThatKeepsWhatItCannotRead) {
  const auto t = table({{"Tool", "Vendor", "Status", "Next review", "Data", "Notes", "Comments", "Cost"},
                        {"Helper", "OpenAI", "Production", "26.11.2026", "personal, code", "a", "b", "=1+1"},
                        {"Other", "Acme AI", "sort of", "03/04/2026", "", "", "", ""}});
  const auto columns = columns_of(t.header, {}, {});
  std::vector<RowTrouble> troubles;
  const auto helper = use_of_row(t.rows[0], columns, troubles);
  ASSERT_TRUE(helper);
  EXPECT_THAT(troubles, IsEmpty());
  EXPECT_EQ((*helper)[F::provider], "openai") << "the catalogue's id";
  EXPECT_EQ((*helper)[F::status], "in-use");
  EXPECT_EQ((*helper)[F::next_review], "2026-11-26");
  EXPECT_THAT(helper->all(F::data_classes), ElementsAre("personal", "code"));
  EXPECT_EQ((*helper)[F::notes], "a\nb");
  EXPECT_THAT(helper->other, ElementsAre(Pair("Cost", "=1+1")));
  EXPECT_TRUE(helper->is_declared(F::tool));
  const auto other = use_of_row(t.rows[1], columns, troubles);
  ASSERT_TRUE(other);
  EXPECT_EQ((*other)[F::provider], "Acme AI");
  EXPECT_FALSE(other->known(F::status));
  EXPECT_THAT(other->other, ElementsAre(Pair("Status", "sort of"), Pair("Next review", "03/04/2026")));
  ASSERT_EQ(troubles.size(), 2U);
  EXPECT_EQ(troubles[0].row, 3U);
  EXPECT_THAT(troubles[1].text, HasSubstr("two ways"));
}

TEST(Row, ACellThatSaysThatNothingIsKnownIsUnknown) {
  const auto t = table({{"Tool", "Vendor", "Status", "Notes"}, {"A", "TBD", "?", "-"}});
  std::vector<RowTrouble> troubles;
  const auto use = use_of_row(t.rows[0], columns_of(t.header, {}, {}), troubles);
  ASSERT_TRUE(use);
  for (const auto f : {F::provider, F::status, F::notes}) EXPECT_FALSE(use->known(f)) << name(f);
  EXPECT_THAT(use->other, IsEmpty());
  EXPECT_THAT(troubles, IsEmpty());
}

TEST(Row, ALongCellIsKeptWholeAndOneThatNamesNothingIsTold) {
  const std::string text(4000, 'x');
  std::string wide;
  for (int i = 0; i < 4000; ++i) wide += "\xc3\xbc";
  const auto t = table({{"Tool", "Purpose", "Anything"}, {"A", text, wide}, {"", "", "only this"}});
  const auto columns = columns_of(t.header, {}, {});
  std::vector<RowTrouble> troubles;
  const auto use = use_of_row(t.rows[0], columns, troubles);
  ASSERT_TRUE(use);
  EXPECT_EQ((*use)[F::purpose], text);
  EXPECT_EQ(use->other[0].second, wide);
  EXPECT_THAT(troubles, IsEmpty());
  EXPECT_FALSE(use_of_row(t.rows[1], columns, troubles));
  ASSERT_EQ(troubles.size(), 1U);
  EXPECT_EQ(troubles[0].row, 3U);
}

TEST(Day, IsReadInTheFormsThatPeopleWriteUnlessItCouldBeTwo) {
  for (const auto* text : {"2026-11-26", "2026-11-26 18:00:00", "26.11.2026", "2026/11/26", "26 Nov 2026",
                           "November 26, 2026", "26/11/2026", "11/26/2026", " 2026-11-26 "})
    EXPECT_EQ(day_in(text), "2026-11-26") << text;
  for (const auto* text : {"03/04/2026", "31.02.2026", "soon", "", "2026", "1/2", "26 Blub 2026"})
    EXPECT_EQ(day_in(text), std::nullopt) << text;
  EXPECT_EQ(day_in("04/04/2026"), "2026-04-04") << "both orders give the same";
}

}  // namespace
}  // namespace ostiary::inventory

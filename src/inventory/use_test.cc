#include "inventory/use.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <set>

namespace ostiary::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Sighting seen_in(std::string repository, std::string version, WallMs at) {
  Sighting s;
  s.kind = "sdk", s.sdk = "openai", s.provider = "openai", s.grade = "called";
  s.repository = std::move(repository), s.version = std::move(version);
  s.first = s.last = at;
  s.count = 1;
  return s;
}

Use full_use() {
  Use use;
  use.id = *Id::parse("01a21443-cf1b-707c-bee3-0ee98cdf902d");
  use.created = 1000, use.changed = 2000, use.revision = 3;
  EXPECT_TRUE(apply_edit(
      use, {{F::tool, {"Support bot"}}, {F::model, {"gpt-4o", "gpt-4o-mini"}}, {F::purpose, {"a\nb"}}}));
  use.other.emplace_back("Cost centre", "=1+1");
  use.see(seen_in("shop", "1.0", 86'400'000));
  return use;
}

TEST(Fields, EveryNameAndHeadingIsThereOnce) {
  std::set<std::string_view> names, headers;
  for (const auto& f : fields()) {
    EXPECT_TRUE(names.insert(f.name).second) << f.name;
    EXPECT_FALSE(f.meaning.empty()) << f.name;
    EXPECT_EQ(f.words.empty(), f.type != FieldType::word) << f.name;
    for (const auto header : f.headers)
      EXPECT_TRUE(headers.insert(header).second) << f.name << ": " << header;
  }
}

TEST(Fields, TheirTableStandsInTheManual) {
  std::ifstream in(OSTIARY_SOURCE_DIR "/docs/inventory.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(page, HasSubstr(fields_table())) << "write it anew: ostiary docs inventory-fields";
}

TEST(Use, SaysUnknownOfAllThatIsNotStated) {
  std::string text;
  append_json(text, Use{});
  const auto document = json::Document::parse(text).value();
  for (const auto& f : fields()) {
    if (f.id == F::seen) continue;
    const auto value = document.root()[f.name];
    ASSERT_TRUE(value) << f.name;
    EXPECT_EQ(f.type == FieldType::list ? value.at(0).string_or("") : value.string_or(""), "unknown")
        << f.name;
  }
  EXPECT_EQ(document.root()["seen"].size(), 0U);
}

TEST(Use, IsReadAsItWasWritten) {
  const auto use = full_use();
  std::string text, again;
  append_json(text, use);
  const auto document = json::Document::parse(text).value();
  const auto read = read_use(document.root());
  ASSERT_TRUE(read) << read.error().text();
  append_json(again, *read);
  EXPECT_EQ(text, again);
  EXPECT_EQ(read->values, use.values);
  EXPECT_EQ(read->seen, use.seen);
  EXPECT_THAT(document.root()["declared"].raw(), HasSubstr(R"(["model","purpose","tool"])"));
}

TEST(Use, MembersStandSortedSoThatTheTextIsCanonical) {
  std::string text;
  append_json(text, full_use());
  const auto document = json::Document::parse(text).value();
  std::string before;
  for (const auto member : document.root()) {
    EXPECT_LT(before, member.key());
    before = member.key();
  }
  before.clear();
  for (const auto member : document.root()["seen"].at(0)) {
    EXPECT_LT(before, member.key());
    before = member.key();
  }
}

TEST(Use, AStatedValueIsBroughtToItsFormOrRefusedWithWhatItMayBe) {
  EXPECT_THAT(stated(F::status, {"In-Use"}).value(), ElementsAre("in-use"));
  EXPECT_THAT(stated(F::status, {"maybe"}).error().message, HasSubstr("in-use, trial, retired or unknown"));
  EXPECT_THAT(stated(F::next_review, {"2026-02-29"}).error().message, HasSubstr("a day"));
  EXPECT_THAT(stated(F::next_review, {"2028-02-29"}).value(), ElementsAre("2028-02-29"));
  EXPECT_THAT(stated(F::approval, {"q-17"}).value(), ElementsAre("Q-17"));
  EXPECT_FALSE(stated(F::approval, {"Q-none"}));
  EXPECT_FALSE(stated(F::last_seen, {"2026-01-01"})) << "nobody writes what was seen";
  EXPECT_THAT(stated(F::tool, {" a\nb\x1b[31m "}).value(), ElementsAre("a b[31m"));
  EXPECT_THAT(stated(F::data_classes, {"personal", "Unknown", "", "personal"}).value(),
              ElementsAre("personal"));
  EXPECT_FALSE(stated(F::tool, {"a", "b"}));
}

TEST(Use, AnEditTellsWhetherItChangesAnythingAndForgetsWithUnknown) {
  auto use = full_use();
  EXPECT_FALSE(apply_edit(use, {{F::tool, {"Support bot"}}}));
  const auto document = json::Document::parse(R"({"tool":"unknown","team":"blue","model":null})").value();
  const auto edit = read_edit(document.root()).value();
  EXPECT_TRUE(apply_edit(use, edit));
  EXPECT_FALSE(use.known(F::tool));
  EXPECT_FALSE(use.is_declared(F::tool));
  EXPECT_FALSE(use.known(F::model));
  EXPECT_TRUE(use.is_declared(F::team));
  EXPECT_EQ(use[F::purpose], "a\nb") << "what the edit does not name stays";
}

TEST(Use, WasSeenFromTheFirstDayToTheLast) {
  Use use;
  use.see(seen_in("shop", "1.0", 3 * 86'400'000LL));
  use.see(seen_in("shop", "1.0", 5 * 86'400'000LL));
  use.see(seen_in("shop", "1.0", 4 * 86'400'000LL));
  ASSERT_EQ(use.seen.size(), 1U);
  EXPECT_EQ(use[F::first_seen], "1970-01-04");
  EXPECT_EQ(use[F::last_seen], "1970-01-06");
  EXPECT_THAT(use.all(F::seen), ElementsAre("scan"));
  Sighting declared;
  declared.how = How::declaration, declared.first = declared.last = 9 * 86'400'000LL;
  use.see(declared);
  EXPECT_EQ(use[F::last_seen], "1970-01-06") << "saying so is not seeing it";
}

TEST(Use, ALaterScanReplacesTheVersionThatAnEarlierOneFoundInThatRepository) {
  Use use;
  use.see(seen_in("shop", "1.0", 1000));
  use.see(seen_in("till", "1.0", 1000));
  use.see(seen_in("shop", "1.2", 2000));
  use.see(seen_in("shop", "2.0", 2000));
  std::vector<std::string> versions;
  for (const auto& one : use.seen) versions.push_back(one.repository + " " + one.version);
  EXPECT_THAT(versions, ::testing::UnorderedElementsAre("shop 1.2", "shop 2.0", "till 1.0"));
  use.see(seen_in("shop", "1.0", 1500));
  EXPECT_EQ(use.seen.size(), 3U) << "an old scan brings back nothing";
}

TEST(Sighting, HostileTextIsCutAndCleaned) {
  const auto document =
      json::Document::parse(R"({"how":"scan","tool":"\u001b[2J\u202ex","places":["a","b","c","d","e","f"]})")
          .value();
  const auto s = read_sighting(document.root()).value();
  EXPECT_EQ(s.tool, "[2Jx");
  EXPECT_EQ(s.places.size(), Sighting::kMostPlaces);
  const auto other = json::Document::parse(R"({"how":"rumour"})").value();
  EXPECT_FALSE(read_sighting(other.root()));
}

}  // namespace
}  // namespace ostiary::inventory

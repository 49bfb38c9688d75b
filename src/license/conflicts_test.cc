#include "license/conflicts.h"

#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace ostiary::license {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Works that a test knows by their names.
class Known {
 public:
  void add(Work work) { works_[work.name] = std::move(work); }
  void add(std::string name, std::string license, std::vector<std::string> bases = {},
           std::vector<std::string> datasets = {}) {
    Work work{.name = name,
              .data = false,
              .licenses = {{std::move(license), "catalogue", {}}},
              .bases = std::move(bases),
              .datasets = std::move(datasets),
              .note = {}};
    add(std::move(work));
  }
  Lineage examine(const Work& work) const {
    return license::examine(
        work,
        [this](std::string_view name) -> std::optional<Work> {
          const auto found = works_.find(std::string(name));
          return found == works_.end() ? std::nullopt : std::optional(found->second);
        },
        catalog::licenses());
  }

 private:
  std::map<std::string, Work> works_;
};

Work model(std::string name, std::vector<Declaration> licenses, std::vector<std::string> bases = {},
           std::vector<std::string> datasets = {}) {
  return {.name = std::move(name),
          .data = false,
          .licenses = std::move(licenses),
          .bases = std::move(bases),
          .datasets = std::move(datasets),
          .note = {}};
}

std::vector<std::string> kinds(const Lineage& lineage) {
  std::vector<std::string> out;
  for (const auto& conflict : lineage.conflicts) out.push_back(conflict.kind);
  return out;
}

TEST(Conflicts, PlacesThatSayTheSameInOtherWordsAgree) {
  const auto found = Known().examine(model("o/m", {{"apache-2.0", "card", "README.md"},
                                                   {"Apache License 2.0", "weights", "m.gguf"},
                                                   {"Apache-2.0", "license-file", "LICENSE"}}));
  EXPECT_THAT(found.conflicts, IsEmpty());
}

TEST(Conflicts, AnMitCardOnAnAgplExportIsAConflict) {
  const auto found = Known().examine(
      model("o/yolo", {{"mit", "card", "README.md"}, {"AGPL-3.0", "weights", "best.onnx: license"}}));
  ASSERT_EQ(found.conflicts.size(), 1u);
  EXPECT_EQ(found.conflicts[0].kind, "declarations-differ");
  EXPECT_EQ(found.conflicts[0].weight, Weight::conflict);
  EXPECT_THAT(found.conflicts[0].text, HasSubstr("network-copyleft"));
  EXPECT_THAT(found.conflicts[0].places, ElementsAre("card (README.md)", "weights (best.onnx: license)"));
}

TEST(Conflicts, TwoLicencesOfOneCategoryAreAWarning) {
  const auto found = Known().examine(model("o/m", {{"mit", "card", ""}, {"apache-2.0", "weights", ""}}));
  ASSERT_EQ(found.conflicts.size(), 1u);
  EXPECT_EQ(found.conflicts[0].weight, Weight::warning);
}

TEST(Conflicts, ATextThatNobodyCanNameIsANote) {
  const auto found = Known().examine(model("o/m", {{"mit", "card", ""}, {"", "license-file", "LICENSE"}}));
  ASSERT_EQ(found.conflicts.size(), 1u);
  EXPECT_EQ(found.conflicts[0].weight, Weight::note);
}

TEST(Conflicts, AFineTuneOfANonCommercialModelUnderApacheIsAConflict) {
  Known known;
  known.add("o/base", "CC-BY-NC-4.0");
  const auto found = known.examine(model("o/tune", {{"apache-2.0", "card", ""}}, {"o/base"}));
  ASSERT_THAT(kinds(found), Contains("base-non-commercial"));
  EXPECT_EQ(found.conflicts[0].weight, Weight::conflict);
  EXPECT_EQ(found.conflicts[0].license, "CC-BY-NC-4.0");
  EXPECT_NE(found.conflicts[0].clause, "");
}

TEST(Conflicts, TheFirstModelOfALongLineageStillCounts) {
  Known known;
  known.add("o/first", "CC-BY-NC-4.0");
  known.add("o/second", "MIT", {"o/first"});
  known.add("o/third", "MIT", {"o/second"});
  const auto found = known.examine(model("o/fourth", {{"mit", "card", ""}}, {"o/third"}));
  EXPECT_THAT(kinds(found), Contains("base-non-commercial"));
}

TEST(Conflicts, RestrictionsOfUseMustGoOn) {
  Known known;
  known.add("o/base", "creativeml-openrail-m");
  const auto lost = known.examine(model("o/tune", {{"mit", "card", ""}}, {"o/base"}));
  EXPECT_THAT(kinds(lost), Contains("restrictions-lost"));
  const auto kept = known.examine(model("o/tune", {{"creativeml-openrail-m", "card", ""}}, {"o/base"}));
  EXPECT_THAT(kept.conflicts, IsEmpty());
}

TEST(Conflicts, ShareAlikeAsksForTheSameLicence) {
  Known known;
  known.add("o/base", "CC-BY-SA-4.0");
  EXPECT_THAT(kinds(known.examine(model("o/tune", {{"apache-2.0", "card", ""}}, {"o/base"}))),
              ElementsAre("share-alike-lost"));
  EXPECT_THAT(kinds(known.examine(model("o/tune", {{"cc-by-sa-4.0", "card", ""}}, {"o/base"}))), IsEmpty());
}

TEST(Conflicts, AModelMadeFromLlamaMustBearTheName) {
  Known known;
  known.add("meta-llama/Llama-3.1-8B", "llama3.1");
  const auto found =
      known.examine(model("acme/Wizard-8B", {{"llama3.1", "card", ""}}, {"meta-llama/Llama-3.1-8B"}));
  EXPECT_THAT(kinds(found), ElementsAre("name-lost"));
  const auto named =
      known.examine(model("acme/Llama-Wizard-8B", {{"llama3.1", "card", ""}}, {"meta-llama/Llama-3.1-8B"}));
  EXPECT_THAT(named.conflicts, IsEmpty());
}

TEST(Conflicts, DutiesComeDownTheLineage) {
  Known known;
  known.add("meta-llama/Llama-3.1-8B", "llama3.1");
  const auto found =
      known.examine(model("acme/Llama-Wizard-8B", {{"llama3.1", "card", ""}}, {"meta-llama/Llama-3.1-8B"}));
  const auto has = [&](std::string_view duty) {
    return std::ranges::find(found.duties, duty, &Inherited::duty) != found.duties.end();
  };
  EXPECT_TRUE(has("give-licence"));
  EXPECT_TRUE(has("display"));
  EXPECT_TRUE(has("give-notice"));
}

TEST(Conflicts, NonCommercialDataOfAPermissiveModelIsAWarningAndSaysThatItIsNotSettled) {
  Known known;
  known.add("o/data", "CC-BY-NC-4.0");
  const auto found = known.examine(model("o/m", {{"mit", "card", ""}}, {}, {"o/data"}));
  ASSERT_THAT(kinds(found), ElementsAre("data-non-commercial"));
  EXPECT_EQ(found.conflicts[0].weight, Weight::warning);
  EXPECT_THAT(found.conflicts[0].text, HasSubstr("not settled"));
}

TEST(Conflicts, ACircleIsToldAndNotFollowed) {
  Known known;
  known.add("o/a", "MIT", {"o/b"});
  known.add("o/b", "MIT", {"o/c"});
  known.add("o/c", "MIT", {"o/a"});
  const auto found = known.examine(model("o/a", {{"mit", "card", ""}}, {"o/b"}));
  EXPECT_THAT(kinds(found), ElementsAre("circle"));
  EXPECT_THAT(found.conflicts[0].places, ElementsAre("o/a", "o/b", "o/c", "o/a"));
  const auto itself = known.examine(model("o/x", {{"mit", "card", ""}}, {"o/X"}));
  EXPECT_THAT(kinds(itself), ElementsAre("circle"));
}

TEST(Conflicts, ALineageWithoutEndIsCutAndSaysSo) {
  const FindWork endless = [](std::string_view name) -> std::optional<Work> {
    return Work{.name = std::string(name),
                .data = false,
                .licenses = {{"MIT", "catalogue", {}}},
                .bases = {std::string(name) + "x"},
                .datasets = {},
                .note = {}};
  };
  const auto deep = examine(model("o/m", {{"mit", "card", ""}}, {"o/n"}), endless, catalog::licenses());
  EXPECT_THAT(kinds(deep), ElementsAre("too-far"));
  std::vector<std::string> many;
  for (int i = 0; i < 10'000; ++i) many.push_back(fmt::format("o/{}", i));
  const FindWork each = [](std::string_view name) -> std::optional<Work> {
    return Work{.name = std::string(name),
                .data = false,
                .licenses = {{"MIT", "catalogue", {}}},
                .bases = {},
                .datasets = {},
                .note = {}};
  };
  const auto wide = examine(model("o/m", {{"mit", "card", ""}}, many), each, catalog::licenses());
  EXPECT_THAT(kinds(wide), ElementsAre("too-far"));
}

TEST(Conflicts, AWorkOfWhichNothingIsKnownIsNamed) {
  const auto found = Known().examine(model("o/m", {{"mit", "card", ""}}, {"nobody/knows"}));
  EXPECT_THAT(found.unknown, ElementsAre("nobody/knows"));
}

TEST(NamesIn, AnExpressionGivesItsLicencesWithoutExceptions) {
  EXPECT_THAT(names_in("(MIT OR Apache-2.0) AND GPL-2.0-only WITH Classpath-exception-2.0"),
              ElementsAre("MIT", "Apache-2.0", "GPL-2.0-only"));
  EXPECT_THAT(names_in(""), IsEmpty());
  EXPECT_EQ(names_in(std::string(100'000, 'x')).size(), 1u);
}

}  // namespace
}  // namespace ostiary::license

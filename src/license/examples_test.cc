// The worked examples of docs/licenses.md, as the catalogue and the engine give them.
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/lineage.h"
#include "license/check.h"
#include "license/conflicts.h"

namespace ostiary::license {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Profile product() {
  Profile out;
  out.revenue = 40'000'000;
  out.monthly_users = 200'000;
  out.territories = {"DE"};
  out.purpose = Purpose::product;
  out.distributes = true;
  out.modifies = true;
  out.hosts = true;
  out.trains = false;
  out.trains_on_outputs = false;
  return out;
}

Verdict check_model(std::string_view name) {
  const auto* version = catalog::find_version(name);
  return check(version ? version->license : "no such model", catalog::licenses(), product());
}

Lineage examined(std::string_view name) {
  const auto work = catalogued(name);
  return work ? examine(*work, catalogued, catalog::licenses()) : Lineage{};
}

std::vector<std::string> kinds(const Lineage& lineage) {
  std::vector<std::string> out;
  for (const auto& conflict : lineage.conflicts) out.push_back(conflict.kind);
  return out;
}

TEST(GptJ, IsApacheAndNothingInItsLineageSpeaksAgainstThat) {
  EXPECT_EQ(check_model("EleutherAI/gpt-j-6b").says, Says::permits);
  EXPECT_THAT(examined("EleutherAI/gpt-j-6b").conflicts, IsEmpty());
}

TEST(GptJ, ItsDataHaveRightsOfTheirOwnThatNobodyReadInFull) {
  EXPECT_THAT(examined("EleutherAI/gpt-j-6b").unknown, Contains("the-pile"));
  ASSERT_NE(catalog::find_dataset("the-pile"), nullptr);
  EXPECT_THAT(catalog::find_dataset("the-pile")->parts, Not(IsEmpty()));
}

TEST(Dolly1, IsNotForCommercialUseBecauseOfItsData) {
  EXPECT_EQ(check_model("databricks/dolly-v1-6b").says, Says::forbids);
  const auto* version = catalog::find_version("databricks/dolly-v1-6b");
  ASSERT_NE(version, nullptr);
  EXPECT_THAT(version->bases, Contains("gpt-j"));
  EXPECT_THAT(version->datasets, Contains("alpaca-data"));
  EXPECT_EQ(catalog::find_dataset("alpaca-data")->license, "CC-BY-NC-4.0");
}

TEST(Dolly1, PublishedAsApacheItWouldBeTold) {
  auto work = *catalogued("databricks/dolly-v1-6b");
  work.licenses = {{"apache-2.0", "card", "README.md"}};
  const auto found = examine(work, catalogued, catalog::licenses());
  EXPECT_THAT(kinds(found), Contains("data-non-commercial"));
}

TEST(Dolly1, TheStatementsThatDoNotAgreeAreAllCited) {
  const auto& statements = catalog::find_version("databricks/dolly-v1-6b")->statements;
  EXPECT_THAT(statements, SizeIs(3));
  EXPECT_THAT(statements, Contains(Field(&catalog::LicenseStatement::license, "Apache-2.0")));
  EXPECT_THAT(statements,
              Each(Field(&catalog::LicenseStatement::origin, Field(&catalog::Origin::source, Not("")))));
}

TEST(Dolly2, TheWeightsAreMitAndTheDataCcBySaWhichAreTwoLicences) {
  EXPECT_EQ(check_model("databricks/dolly-v2-12b").taken, "MIT");
  EXPECT_EQ(check_model("databricks/dolly-v2-12b").says, Says::permits);
  EXPECT_EQ(catalog::find_dataset("databricks/databricks-dolly-15k")->license, "CC-BY-SA-3.0");
  const auto found = examined("databricks/dolly-v2-12b");
  EXPECT_THAT(kinds(found), ::testing::ElementsAre("data-share-alike"));
  EXPECT_EQ(found.conflicts[0].weight, Weight::note) << "no conflict: each has its own licence";
}

TEST(RedPajama, TheWeightsAreApacheAndTheDataHaveTheLicencesOfTheirParts) {
  EXPECT_EQ(check_model("togethercomputer/RedPajama-INCITE-7B-Base").taken, "Apache-2.0");
  const auto* data = catalog::find_dataset("togethercomputer/RedPajama-Data-1T");
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(data->license, "unknown");
  EXPECT_THAT(data->parts, SizeIs(7));
  EXPECT_THAT(data->parts, Contains(Field(&catalog::Dataset::Part::license, "CC-BY-SA-3.0")));
  EXPECT_THAT(data->statements, Contains(Field(&catalog::LicenseStatement::license, "Apache-2.0")))
      << "what others say of the whole is cited beside it";
}

TEST(RedPajama, TheVersionsHaveTheirOwnData) {
  EXPECT_THAT(catalog::find_version("togethercomputer/RedPajama-INCITE-Chat-3B-v1")->datasets,
              Contains("databricks-dolly-15k"));
  EXPECT_THAT(catalog::find_version("togethercomputer/RedPajama-INCITE-7B-Base")->datasets,
              Contains("redpajama-1t"));
}

Work fine_tune(std::string name, std::string license, std::string base) {
  return {.name = std::move(name),
          .data = false,
          .licenses = {{std::move(license), "card", "README.md"}},
          .bases = {std::move(base)},
          .datasets = {},
          .note = {}};
}

TEST(LlamaFineTune, UnderMitItDropsTheTermsAndTheName) {
  const auto found = examine(fine_tune("acme/Wizard-8B", "mit", "meta-llama/Llama-3.1-8B-Instruct"),
                             catalogued, catalog::licenses());
  EXPECT_THAT(kinds(found), Contains("base-terms-unnamed"));
  EXPECT_THAT(kinds(found), Contains("name-lost"));
}

TEST(LlamaFineTune, NamedAndLicensedAsAskedItHasOnlyDuties) {
  const auto found =
      examine(fine_tune("acme/Llama-3.1-Wizard-8B", "llama3.1", "meta-llama/Llama-3.1-8B-Instruct"),
              catalogued, catalog::licenses());
  EXPECT_THAT(found.conflicts, IsEmpty());
  EXPECT_THAT(found.duties, Contains(Field(&Inherited::text, HasSubstr("Built with Llama"))));
}

TEST(LlamaFineTune, ADistilledModelOfAnotherMakerIsTold) {
  EXPECT_THAT(kinds(examined("deepseek-ai/DeepSeek-R1-Distill-Llama-70B")), Contains("base-terms-unnamed"));
}

TEST(OpenRailDerivative, AnimaginePassesTheRestrictionsOnInAnotherLicence) {
  const auto found = examined("cagliostrolab/animagine-xl-3.1");
  // A note, since the licence of its own passes the restrictions on as well.
  ASSERT_THAT(kinds(found), ElementsAre("base-terms-unnamed"));
  EXPECT_EQ(found.conflicts[0].weight, Weight::note);
  EXPECT_EQ(check_model("cagliostrolab/animagine-xl-3.1").category, "network-copyleft");
}

TEST(OpenRailDerivative, UnderApacheTheRestrictionsWouldBeLost) {
  const auto found =
      examine(fine_tune("acme/pictures-xl", "apache-2.0", "stabilityai/stable-diffusion-xl-base-1.0"),
              catalogued, catalog::licenses());
  ASSERT_THAT(kinds(found), Contains("restrictions-lost"));
  EXPECT_EQ(found.conflicts[0].weight, Weight::conflict);
}

}  // namespace
}  // namespace ostiary::license

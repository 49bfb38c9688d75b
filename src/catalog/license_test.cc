#include "catalog/license.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "base/testing.h"
#include "base/text.h"
#include "catalog/lineage.h"

namespace ostiary::catalog {
namespace {

using ::testing::HasSubstr;

class FolderOfLicenses : public ::testing::Test {
 protected:
  void write(const std::string& name, std::string_view text) {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string folder() const { return folder_.path(); }

 private:
  ostiary::testing::TempFolder folder_;
};

TEST(Licenses, AreFoundByTheirSpdxIdByATagOfAHubAndInAnyCase) {
  const auto* mit = licenses().find("MIT");
  ASSERT_NE(mit, nullptr);
  EXPECT_EQ(licenses().find("mit"), mit);
  const auto* llama = licenses().find("llama3.1");
  ASSERT_NE(llama, nullptr);
  EXPECT_EQ(llama->license, "LicenseRef-Llama-3.1-Community");
  EXPECT_EQ(licenses().find("LICENSEREF-LLAMA-3.1-COMMUNITY"), llama);
  EXPECT_EQ(licenses().find("no-such-licence"), nullptr);
}

TEST(Licenses, EachNameMeansOneEntry) {
  std::set<std::string> names;
  for (const auto& license : licenses().all()) {
    std::set<std::string> own{text::lower(license.license), license.id};
    own.insert(license.aliases.begin(), license.aliases.end());
    for (const auto& name : own) EXPECT_TRUE(names.insert(name).second) << name << " of " << license.id;
  }
}

TEST(Licenses, WhatNobodyReadIsUnknownAndHasNoClause) {
  for (const auto& license : licenses().all())
    for (const auto& right : license.rights)
      if (right.says == Says::unknown) EXPECT_EQ(right.at.clause, "") << license.id << " " << right.to;
}

TEST(Licenses, AConditionIsToldInANote) {
  for (const auto& license : licenses().all())
    for (const auto& right : license.rights)
      if (right.says == Says::conditions) EXPECT_NE(right.at.note, "") << license.id << " " << right.to;
}

TEST(Licenses, EveryLicenceOfAModelOrDatasetHasAnEntry) {
  const auto known = [](const std::string& expression) {
    if (expression == "unknown" || expression == "proprietary") return true;
    for (const auto word : text::split(expression, ' '))
      if (word != "AND" && word != "OR" && !licenses().find(word)) return false;
    return true;
  };
  for (const auto& version : model_versions())
    EXPECT_TRUE(known(version.license)) << version.family << ": " << version.license;
  for (const auto& dataset : datasets()) {
    EXPECT_TRUE(known(dataset.license)) << dataset.id << ": " << dataset.license;
    for (const auto& part : dataset.parts)
      EXPECT_TRUE(known(part.license)) << dataset.id << " " << part.name << ": " << part.license;
  }
}

TEST(Licenses, AStatementStandsInTheTextOfItsEntryUnlessItNamesAnother) {
  const auto* mit = licenses().find("MIT");
  ASSERT_NE(mit, nullptr);
  const auto* use = mit->right("commercial-use");
  ASSERT_NE(use, nullptr);
  EXPECT_EQ(use->says, Says::permits);
  EXPECT_EQ(use->at.origin.source, mit->origin.source);
  EXPECT_EQ(mit->right("research-use"), nullptr);
}

TEST_F(FolderOfLicenses, AReviewNamesWhoStandsByAnEntry) {
  write("license-review/mit.yaml", "id: mit\nlicense: MIT\nby: Ada Example\ndate: 2026-11-02\n");
  const auto read = read_licenses(folder());
  ASSERT_TRUE(read) << read.error().text();
  const auto* review = read->review_of(*read->find("MIT"));
  ASSERT_NE(review, nullptr);
  EXPECT_EQ(review->by, "Ada Example");
  EXPECT_EQ(read->review_of(*read->find("Apache-2.0")), nullptr);
}

TEST_F(FolderOfLicenses, AReviewOfALicenceThatNobodyKnowsIsRefusedWithItsPlace) {
  write("license-review/x.yaml", "id: x\nlicense: Nosuch-1.0\nby: Ada Example\ndate: 2026-11-02\n");
  const auto read = read_licenses(folder());
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().text(), HasSubstr("x.yaml:2:10"));
  EXPECT_THAT(read.error().text(), HasSubstr("Nosuch-1.0"));
}

TEST_F(FolderOfLicenses, AnOwnEntryTakesThePlaceOfTheShippedOne) {
  write("license/mit.yaml",
        "id: mit\nlicense: MIT\nname: Our reading of MIT\ncategory: permissive\nkinds: [code]\n");
  write("license/acme-1.yaml",
        "id: acme-1\nlicense: LicenseRef-Acme\nname: Acme\ncategory: proprietary\nkinds: [model]\n");
  const auto read = read_licenses(folder());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->find("MIT")->name, "Our reading of MIT");
  ASSERT_NE(read->find("LicenseRef-Acme"), nullptr);
  EXPECT_EQ(read->all().size(), licenses().all().size() + 1);
}

TEST(Lineage, TheLongestPatternTellsTheVersion) {
  const auto* family = find_version("llama-3-1");
  ASSERT_NE(family, nullptr);
  EXPECT_EQ(find_version("meta-llama/Llama-3.1-8B-Instruct")->family, "llama-3-1");
  EXPECT_EQ(find_version("nobody/no-such-model-at-all"), nullptr);
}

TEST(Lineage, TwoHundredFamiliesHaveTheirVersionsAndSixtyDatasetsTheirLicences) {
  std::set<std::string> families;
  for (const auto& version : model_versions())
    if (!version.version.empty()) families.insert(version.family);
  EXPECT_GE(families.size(), 200u);
  EXPECT_GE(datasets().size(), 60u);
}

TEST(Lineage, AVersionIsFoundByItsRepositoryAndHasWhatTheFamilyHasWhereItSaysNothing) {
  const auto* version = find_version("databricks/dolly-v2-12b");
  ASSERT_NE(version, nullptr);
  EXPECT_EQ(version->version, "2.0");
  EXPECT_EQ(version->license, "MIT");
  EXPECT_EQ(find_version("databricks/dolly-v1-6b")->family, "dolly-1");
}

TEST(Lineage, DatasetsAreFoundByIdRepositoryAndName) {
  const auto* data = find_dataset("databricks-dolly-15k");
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(find_dataset("databricks/databricks-dolly-15k"), data);
  EXPECT_EQ(find_dataset("Dolly-15k"), data);
  EXPECT_EQ(find_dataset("nobody/nothing"), nullptr);
}

}  // namespace
}  // namespace ostiary::catalog

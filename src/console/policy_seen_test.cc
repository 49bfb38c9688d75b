#include "console/policy_seen.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "desk/testing.h"

namespace ostiary::console {
namespace {

policy::Document document_with(std::string_view review) {
  auto read = policy::read_document(policy::testing::text_of("- {id: all, when: always, then: allow}\n",
                                                             "review: {" + std::string(review) + "}\n"));
  EXPECT_TRUE(read.usable());
  return std::move(read.document);
}

class PolicySeenTest : public desk::testing::DeskTest {
 protected:
  Result<PolicySeen> seen(std::string_view review, const std::string& folder) {
    return policy_seen(folder, document_with(review), now_ + 1, [] { return false; });
  }
};

TEST_F(PolicySeenTest, WhatWasRefusedOftenIsCountedInTheStore) {
  for (const auto* subject : {"sub_ada", "sub_bob", "sub_eve"})
    refused(refusal(policy::Effect::deny, subject, std::string("r-") + subject));
  const auto often = seen("question-asked: {more-than: 2, within: 7d}", folder_ / "");
  ASSERT_TRUE(often) << often.error().text();
  ASSERT_EQ(often->seen.asked.size(), 1U);
  EXPECT_EQ(often->seen.asked[0].name, "rule no-secrets");
  EXPECT_EQ(often->seen.asked[0].count, 3U);
  EXPECT_TRUE(seen("question-asked: {more-than: 3, within: 7d}", folder_ / "")->seen.asked.empty());
}

TEST_F(PolicySeenTest, AFolderWithoutAStoreHasNoQuestions) {
  const ostiary::testing::TempFolder empty;
  const auto none = seen("question-asked: {more-than: 1, within: 7d}", empty / "");
  ASSERT_TRUE(none) << none.error().text();
  EXPECT_TRUE(none->seen.asked.empty());
}

TEST_F(PolicySeenTest, KnowsTheCataloguesNewestDayAndTheFeaturesOfProvidersThatTheDocumentNames) {
  const auto read = policy::read_document(
      policy::testing::text_of("- {id: all, when: {target.provider: anthropic}, then: allow}\n"));
  policy::Seen seen;
  add_catalogue(seen, read.document);
  EXPECT_GE(seen.catalog_at, *policy::parse_moment("2026-11-26"));
  ASSERT_FALSE(seen.features.empty());
  for (const auto& one : seen.features) EXPECT_EQ(one.name, "anthropic");
  policy::Seen other;
  add_catalogue(other, document_with("question-asked: {more-than: 1, within: 7d}"));
  EXPECT_TRUE(other.features.empty());
}

TEST_F(PolicySeenTest, ADocumentIsReviewedWhenItComesIntoForce) {
  const auto document = document_with("question-asked: {more-than: 1, within: 7d}");
  EXPECT_EQ(in_force_since(folder_ / "", document), 0);
  std::filesystem::create_directory(folder_ / "policy");
  ASSERT_TRUE(document.digest.starts_with("sha256:"));
  std::ofstream(folder_ / ("policy/" + document.digest.substr(7) + ".md")) << "text";
  EXPECT_NEAR(static_cast<double>(in_force_since(folder_ / "", document)), static_cast<double>(wall_now()),
              60'000);
}

}  // namespace
}  // namespace ostiary::console

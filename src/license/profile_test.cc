#include "license/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::license {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Profile, IsReadFromYaml) {
  const auto profile = read_profile(
      "organisation: Example\nrevenue: 40000000\nmonthly-users: 200000\nterritories: [DE, US]\n"
      "purpose: internal\ndistributes: false\nhosts: true\ntrains-on-outputs: true\n",
      "ours.yaml");
  ASSERT_TRUE(profile) << profile.error().text();
  EXPECT_EQ(profile->revenue, 40000000u);
  EXPECT_EQ(profile->monthly_users, 200000u);
  EXPECT_THAT(profile->territories, ElementsAre("DE", "US"));
  EXPECT_EQ(profile->purpose, Purpose::internal);
  EXPECT_EQ(profile->distributes, false);
  EXPECT_EQ(profile->hosts, true);
  EXPECT_EQ(profile->trains_on_outputs, true);
  EXPECT_EQ(profile->modifies, std::nullopt);
}

TEST(Profile, AWrongMemberIsToldWithItsPlaceAndTheLikelyOne) {
  const auto profile = read_profile("purpose: product\nmonthly-user: 3\n", "ours.yaml");
  ASSERT_FALSE(profile);
  EXPECT_THAT(profile.error().text(), HasSubstr("ours.yaml:2:1"));
  EXPECT_THAT(profile.error().text(), HasSubstr("did you mean 'monthly-users'"));
}

TEST(Profile, AValueOfTheWrongKindIsRefused) {
  EXPECT_FALSE(read_profile("revenue: much\n", "x"));
  EXPECT_FALSE(read_profile("revenue: -3\n", "x"));
  EXPECT_FALSE(read_profile("hosts: yes\n", "x"));
  EXPECT_FALSE(read_profile("purpose: fun\n", "x"));
  EXPECT_FALSE(read_profile("territories: Germany\n", "x"));
  EXPECT_FALSE(read_profile("territories: [germany]\n", "x"));
  EXPECT_FALSE(read_profile("[1, 2]\n", "x"));
}

TEST(Profile, MembersOfTheUnionAreInTheUnionAndInTheEconomicArea) {
  EXPECT_TRUE(meets("DE", "EU"));
  EXPECT_TRUE(meets("EU", "DE"));
  EXPECT_TRUE(meets("NO", "EEA"));
  EXPECT_TRUE(meets("FR", "EEA"));
  EXPECT_FALSE(meets("NO", "EU"));
  EXPECT_FALSE(meets("GB", "EU"));
  EXPECT_FALSE(meets("CH", "EEA"));
  EXPECT_FALSE(meets("DE", "FR"));
}

}  // namespace
}  // namespace ostiary::license

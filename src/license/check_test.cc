#include "license/check.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::license {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A company that puts a model into a product that it hosts.
Profile company() {
  Profile out;
  out.revenue = 40'000'000;
  out.monthly_users = 200'000;
  out.territories = {"US"};
  out.purpose = Purpose::product;
  out.distributes = false;
  out.modifies = false;
  out.hosts = true;
  out.trains = false;
  out.trains_on_outputs = false;
  return out;
}

Verdict check(std::string_view name, const Profile& profile) {
  return check_one(name, catalog::licenses(), profile);
}

const Reason* about(const Verdict& verdict, std::string_view what) {
  const auto found = std::ranges::find(verdict.reasons, what, &Reason::about);
  return found == verdict.reasons.end() ? nullptr : &*found;
}

TEST(Check, APermissiveTextPermitsAProduct) {
  const auto verdict = check("MIT", company());
  EXPECT_EQ(verdict.says, Says::permits);
  EXPECT_EQ(verdict.category, "permissive");
  EXPECT_THAT(verdict.obligations, IsEmpty()) << "no copy is given out";
}

TEST(Check, EachReasonNamesItsClauseItsSourceAndTheDay) {
  for (const auto& reason : check("llama3.1", company()).reasons) {
    EXPECT_NE(reason.clause, "") << reason.text;
    EXPECT_NE(reason.source, "") << reason.text;
    EXPECT_NE(reason.date, "") << reason.text;
  }
}

TEST(Check, ALicenceThatNobodyKnowsIsUnknown) {
  const auto verdict = check("LicenseRef-Nobody-Knows", company());
  EXPECT_EQ(verdict.says, Says::unknown);
  EXPECT_EQ(verdict.category, "unknown");
  EXPECT_THAT(verdict.reasons.front().text, HasSubstr("LicenseRef-Nobody-Knows"));
}

TEST(Check, WhatNobodyReadOfAKnownLicenceIsUnknown) {
  EXPECT_EQ(check("LicenseRef-Jamba-Open-Model", company()).says, Says::unknown);
}

TEST(Check, ATextForNonCommercialUseForbidsAProductAndInternalUse) {
  auto profile = company();
  EXPECT_EQ(check("CC-BY-NC-4.0", profile).says, Says::forbids);
  profile.purpose = Purpose::internal;
  EXPECT_EQ(check("CC-BY-NC-4.0", profile).says, Says::forbids);
}

TEST(Check, ResearchIsJudgedByWhatTheTextSaysOfResearch) {
  auto profile = company();
  profile.purpose = Purpose::research;
  profile.hosts = false;
  EXPECT_EQ(check("LicenseRef-EXAONE-1.1-NC", profile).says, Says::permits);
  EXPECT_EQ(check("CC-BY-NC-4.0", profile).says, Says::silent);
  EXPECT_EQ(check("MIT", profile).says, Says::permits);
}

TEST(Check, AboveACeilingTheGrantDoesNotHold) {
  auto profile = company();
  EXPECT_EQ(about(check("llama3.1", profile), "monthly users")->says, Says::permits);
  profile.monthly_users = 700'000'001;
  const auto verdict = check("llama3.1", profile);
  EXPECT_EQ(verdict.says, Says::forbids);
  EXPECT_THAT(about(verdict, "monthly users")->text, HasSubstr("700,000,000"));
}

TEST(Check, AtTheCeilingItStillHolds) {
  auto profile = company();
  profile.monthly_users = 700'000'000;
  EXPECT_EQ(check("llama3.1", profile).says, Says::permits);
}

TEST(Check, ARevenueThatIsNotToldIsUnknownWhereTheTextHasACeiling) {
  auto profile = company();
  profile.revenue.reset();
  const auto verdict = check("LicenseRef-Stability-AI-Community", profile);
  EXPECT_EQ(about(verdict, "revenue")->says, Says::unknown);
  EXPECT_EQ(check("MIT", profile).says, Says::permits);
}

TEST(Check, AnExcludedTerritoryMeetsItsMembers) {
  auto profile = company();
  profile.territories = {"US", "DE"};
  EXPECT_EQ(check("LicenseRef-Tencent-Hunyuan-3D-2.0-Community", profile).says, Says::forbids);
  profile.territories = {"US"};
  EXPECT_EQ(check("LicenseRef-Tencent-Hunyuan-3D-2.0-Community", profile).says, Says::permits);
  profile.territories.clear();
  EXPECT_EQ(check("LicenseRef-Tencent-Hunyuan-3D-2.0-Community", profile).says, Says::unknown);
}

TEST(Check, TrainingOnOutputsIsForbiddenByLlama2AndANamingDutyOfLlama31) {
  auto profile = company();
  profile.trains_on_outputs = true;
  EXPECT_EQ(check("llama2", profile).says, Says::forbids);
  const auto verdict = check("llama3.1", profile);
  EXPECT_EQ(verdict.says, Says::conditions);
  EXPECT_THAT(verdict.obligations, Contains(Field(&Obligation::duty, "name-model")));
}

TEST(Check, AnAnswerThatTheProfileOwesOnlyTightensWhereTheTextForbids) {
  auto profile = company();
  profile.trains_on_outputs.reset();
  EXPECT_EQ(check("llama2", profile).says, Says::unknown);
  EXPECT_EQ(check("Apache-2.0", profile).says, Says::permits);
}

TEST(Check, AnEmptyProfileIsStrict) {
  EXPECT_EQ(check("LicenseRef-FLUX.1-dev-Non-Commercial", {}).says, Says::forbids);
  EXPECT_EQ(check("llama3.1", {}).says, Says::unknown) << "users are not told";
}

TEST(Check, DutiesComeWithWhatBringsThemAbout) {
  auto profile = company();
  EXPECT_THAT(check("Apache-2.0", profile).obligations, IsEmpty());
  profile.distributes = true;
  const auto given_out = check("Apache-2.0", profile).obligations;
  EXPECT_THAT(given_out, Contains(Field(&Obligation::duty, "give-licence")));
  EXPECT_THAT(given_out, Contains(Field(&Obligation::clause, "4(a)")));
}

TEST(Check, TheNetworkClauseComesWithHosting) {
  auto profile = company();
  EXPECT_THAT(check("AGPL-3.0-only", profile).obligations, Contains(Field(&Obligation::duty, "share-alike")));
  profile.hosts = false;
  EXPECT_THAT(check("AGPL-3.0-only", profile).obligations,
              Not(Contains(Field(&Obligation::duty, "share-alike"))));
}

TEST(Check, WorkThatStaysClosedCannotShareAlike) {
  auto profile = company();
  profile.distributes = true;
  EXPECT_NE(check("GPL-3.0-only", profile).says, Says::forbids);
  profile.stays_closed = true;
  EXPECT_EQ(check("GPL-3.0-only", profile).says, Says::forbids);
  EXPECT_EQ(check("MIT", profile).says, Says::permits);
}

TEST(Check, RestrictionsOfUseAreAnObligationAndRemoteTerminationARemark) {
  const auto verdict = check("gemma", company());
  EXPECT_THAT(verdict.obligations, Contains(Field(&Obligation::duty, "keep-to-restrictions")));
  EXPECT_THAT(verdict.remarks, Contains(HasSubstr("from afar")));
}

TEST(Check, ATextThatDoesNotNameTrainingIsJudgedByWhatItSaysOfChange) {
  auto profile = company();
  profile.hosts = false;
  profile.trains = true;
  EXPECT_EQ(check("CC-BY-4.0", profile).says, Says::permits);
  EXPECT_THAT(about(check("CC-BY-4.0", profile), "training a model on it")->text,
              HasSubstr("does not name training"));
  EXPECT_EQ(check("CDLA-Permissive-2.0", profile).says, Says::permits);
  EXPECT_EQ(check("CC-BY-NC-4.0", profile).says, Says::forbids);
  EXPECT_EQ(check("CC-BY-ND-4.0", profile).says, Says::forbids);
}

TEST(Check, AReviewIsNamedInEveryReason) {
  const catalog::Licenses reviewed(
      catalog::licenses().all(),
      {{.license = "mit", .by = "Ada Example", .date = "2026-11-02", .because = {}}});
  for (const auto& reason : check_one("MIT", reviewed, company()).reasons)
    EXPECT_EQ(reason.reviewed_by, "Ada Example");
  for (const auto& reason : check_one("Apache-2.0", reviewed, company()).reasons)
    EXPECT_EQ(reason.reviewed_by, "");
}

TEST(Check, OfSeveralThatAllHoldTheStrictestCounts) {
  const auto verdict = all_of({check("MIT", company()), check("CC-BY-NC-4.0", company())});
  EXPECT_EQ(verdict.says, Says::forbids);
  EXPECT_EQ(verdict.category, "non-commercial");
  EXPECT_EQ(verdict.taken, "MIT AND CC-BY-NC-4.0");
}

TEST(Check, OfAChoiceTheOneThatPermitsMostIsTakenAndTheOthersAreNamed) {
  const auto verdict = best_of({check("CC-BY-NC-4.0", company()), check("MIT", company())});
  EXPECT_EQ(verdict.says, Says::permits);
  EXPECT_EQ(verdict.taken, "MIT");
  EXPECT_THAT(verdict.remarks, Contains(HasSubstr("CC-BY-NC-4.0")));
}

TEST(Check, OfEqualChoicesTheMilderCategoryIsTaken) {
  const auto verdict = best_of({check("GPL-2.0-only", company()), check("MIT", company())});
  EXPECT_EQ(verdict.taken, "MIT");
}

TEST(Expression, AndBindsBeforeOr) {
  const auto& known = catalog::licenses();
  EXPECT_EQ(license::check("MIT OR CC-BY-NC-4.0 AND Apache-2.0", known, company()).taken, "MIT");
  EXPECT_EQ(license::check("(MIT OR CC-BY-NC-4.0) AND Apache-2.0", known, company()).taken,
            "MIT AND Apache-2.0");
  EXPECT_EQ(license::check("CC-BY-NC-4.0 AND (MIT OR Apache-2.0)", known, company()).says, Says::forbids);
}

TEST(Expression, AnExceptionIsToldAndDoesNotLoosen) {
  auto profile = company();
  profile.distributes = true;
  profile.stays_closed = true;
  const auto verdict =
      license::check("GPL-2.0-only WITH Classpath-exception-2.0", catalog::licenses(), profile);
  EXPECT_EQ(verdict.says, Says::forbids);
  EXPECT_THAT(verdict.remarks, Contains(HasSubstr("Classpath-exception-2.0")));
}

TEST(Expression, WhatIsNoExpressionIsUnknown) {
  for (const auto* text :
       {"", "MIT AND", "(MIT", "MIT)", "MIT Apache-2.0", "AND", "MIT WITH", "()", "OR MIT"})
    EXPECT_EQ(license::check(text, catalog::licenses(), company()).says, Says::unknown) << text;
}

TEST(Expression, TenThousandBracketsAreAnswered) {
  const std::string deep = std::string(10'000, '(') + "MIT" + std::string(10'000, ')');
  EXPECT_EQ(license::check(deep, catalog::licenses(), company()).says, Says::unknown);
  const std::string less = std::string(200, '(') + "MIT" + std::string(200, ')');
  EXPECT_EQ(license::check(less, catalog::licenses(), company()).says, Says::permits);
}

TEST(Category, UnknownIsTheStrictest) {
  EXPECT_EQ(stricter("permissive", "copyleft"), "copyleft");
  EXPECT_EQ(stricter("unknown", "proprietary"), "unknown");
  EXPECT_EQ(stricter("no such category", "permissive"), "unknown");
}

}  // namespace
}  // namespace ostiary::license

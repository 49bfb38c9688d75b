#include "gateway/limits.h"

#include "console/impl/keys.h"
#include "console/impl/test_house.h"

namespace ostiary::console {
namespace {

using Scope = gateway::Account::Scope;

class LimitsTest : public testing::TestHouse {
 protected:
  LimitsTest() { EXPECT_TRUE(publish_keys(*backing_)); }
  store::KeyEntry known(const std::vector<std::string>& scopes, std::string team = "blue") {
    auto entry = key_with(scopes, team, "user of " + team);
    EXPECT_TRUE(publish_keys(*backing_));
    return entry;
  }
  static std::string of(const store::KeyEntry& key) { return "/api/v1/keys/" + key.id + "/limits"; }
  static constexpr const char* kTeam = "/api/v1/teams/blue/limits";
};

TEST_F(LimitsTest, WhatIsSetIsInForceAtOnceRecordedAndThereAfterARestart) {
  const auto admin = known({"admin"});
  const auto set = ask_as(admin, "PUT", kTeam, R"({"spend_per_month":12.5,"concurrent":"unlimited"})");
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(set.at({"limits", "spend_per_month", "limit"}), "12.5");
  EXPECT_EQ(set.at({"limits", "spend_per_month", "remaining"}), "12.5");
  EXPECT_EQ(set.at({"limits", "spend_per_month", "source"}), "api");
  EXPECT_EQ(set.at({"set"}), R"({"concurrent":"unlimited","spend_per_month":12.5})");
  EXPECT_EQ(shared_.limiter.account(Scope::team, "blue").limit(gateway::Limit::spend), 12'500'000'000);
  const auto record = newest_record();
  EXPECT_NE(record.find("\"limits-set\""), std::string::npos) << record;
  EXPECT_NE(record.find("\"by\":\"" + admin.id +
                        R"(","limits":{"concurrent":"unlimited","spend_per_month":12.5},"scope":"team")"),
            std::string::npos)
      << record;
  const auto stored = gateway::managed_limits(backing_->store->limits().value());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->front().limits[gateway::Limit::spend], 12'500'000'000);
}

TEST_F(LimitsTest, ThoseThatAreTakenAwayAreLeftToTheConfiguration) {
  gateway::LimitSettings settings;
  settings.per_team[gateway::Limit::concurrent] = 7;
  shared_.limiter.configure(settings);
  const auto admin = known({"admin"});
  EXPECT_EQ(ask_as(admin, "DELETE", kTeam).status, 404);
  ASSERT_EQ(ask_as(admin, "PUT", kTeam, R"({"concurrent":3})").status, 200);
  EXPECT_EQ(ask_as(admin, "GET", kTeam).at({"limits", "concurrent", "limit"}), "3");
  const auto cleared = ask_as(admin, "DELETE", kTeam);
  EXPECT_EQ(cleared.at({"limits", "concurrent", "limit"}), "7");
  EXPECT_EQ(cleared.at({"limits", "concurrent", "source"}), "limits.per_team");
  EXPECT_EQ(cleared.at({"set"}), "null");
  EXPECT_NE(newest_record().find("\"limits-cleared\""), std::string::npos);
}

TEST_F(LimitsTest, ATeamsAdministratorLimitsItsKeysAndNeitherItselfNorOthers) {
  const auto lead = known({"team:blue"}), own = known({"use"}), other = known({"use"}, "red");
  EXPECT_EQ(ask_as(lead, "PUT", of(own), R"({"requests_per_minute":10})").status, 200);
  EXPECT_EQ(ask_as(lead, "GET", of(own)).at({"limits", "requests_per_minute", "limit"}), "10");
  EXPECT_EQ(ask_as(lead, "PUT", kTeam, R"({"concurrent":"unlimited"})").status, 403);
  EXPECT_EQ(ask_as(lead, "DELETE", kTeam).status, 403);
  EXPECT_EQ(ask_as(lead, "GET", kTeam).status, 200);
  EXPECT_EQ(ask_as(lead, "PUT", of(other), "{}").status, 404);
  EXPECT_EQ(ask_as(lead, "GET", "/api/v1/teams/red/limits").status, 404);
  EXPECT_EQ(ask_as(own, "GET", of(own)).status, 403);
  EXPECT_EQ(ask_as(known({"read"}), "PUT", of(own), "{}").status, 403);
}

TEST_F(LimitsTest, WhatIsNoLimitIsRefusedWithItsPlace) {
  const auto admin = known({"admin"});
  const auto wrong = [&](std::string body) { return ask_as(admin, "PUT", kTeam, std::move(body)); };
  EXPECT_EQ(wrong(R"({"concurrent":-1})").at({"error", "pointer"}), "/concurrent");
  EXPECT_EQ(wrong(R"({"spend_per_month":1000000})").status, 400);
  EXPECT_EQ(wrong(R"({"spend_per_month":-0.5})").status, 400);
  EXPECT_EQ(wrong(R"({"tokens_per_minute":1.5})").status, 400);
  EXPECT_EQ(wrong(R"({"concurent":1})").status, 400);
  EXPECT_EQ(wrong(R"({"concurrent":null})").status, 400);
  EXPECT_TRUE(backing_->store->limits()->empty());
}

TEST_F(LimitsTest, EveryAmountThatIsTakenCanBeReadAgain) {
  const auto admin = known({"admin"});
  for (const std::string spend :
       {"0", "1e-9", "1e-7", "0.1", "999999", "123456.123456789", "1e2", "1e-300"}) {
    ASSERT_EQ(ask_as(admin, "PUT", kTeam, R"({"spend_per_month":)" + spend + "}").status, 200) << spend;
    EXPECT_TRUE(gateway::managed_limits(backing_->store->limits().value())) << spend;
  }
  ASSERT_EQ(ask_as(admin, "PUT", kTeam, R"({"spend_per_month":1e-7})").status, 200);
  EXPECT_EQ(shared_.limiter.account(Scope::team, "blue").limit(gateway::Limit::spend), 100);
  ASSERT_EQ(ask_as(admin, "PUT", kTeam, R"({"tokens_per_minute":1e12,"concurrent":2.0})").status, 200);
  EXPECT_EQ(shared_.limiter.account(Scope::team, "blue").limit(gateway::Limit::concurrent), 2);
}

TEST_F(LimitsTest, BudgetsAreOfThoseWithLimitsThatTheCallerSees) {
  const auto admin = known({"admin"}), lead = known({"team:blue"}), red = known({"use"}, "red");
  EXPECT_EQ(ask_as(admin, "GET", "/api/v1/budgets").at({"budgets"}), "[]");
  ASSERT_EQ(ask_as(admin, "PUT", kTeam, R"({"spend_per_month":1})").status, 200);
  ASSERT_EQ(ask_as(admin, "PUT", of(red), R"({"concurrent":1})").status, 200);
  const auto all = ask_as(admin, "GET", "/api/v1/budgets").body,
             blue = ask_as(lead, "GET", "/api/v1/budgets").body;
  EXPECT_NE(all.find(R"("name":"blue","scope":"team")"), std::string::npos) << all;
  EXPECT_NE(all.find("\"name\":\"" + red.id + "\",\"scope\":\"key\""), std::string::npos) << all;
  EXPECT_NE(blue.find(R"("name":"blue","scope":"team")"), std::string::npos) << blue;
  EXPECT_EQ(blue.find(red.id), std::string::npos) << blue;
}

TEST_F(LimitsTest, EachSeesItsOwnBudgetAndItsTeams) {
  const auto user = known({"use"});
  ASSERT_EQ(ask_here("PUT", kTeam, R"({"spend_per_month":2})").status, 200);
  ASSERT_EQ(ask_here("PUT", of(user), R"({"concurrent":4})").status, 200);
  const auto own = ask_as(user, "GET", "/api/v1/self/budget");
  EXPECT_EQ(own.at({"key", "limits", "concurrent", "limit"}), "4");
  EXPECT_EQ(own.at({"team", "limits", "spend_per_month", "remaining"}), "2");
  EXPECT_EQ(ask_here("GET", "/api/v1/self/budget").status, 404);
}

TEST_F(LimitsTest, ATeamThatNobodyIsOfHasNone) {
  EXPECT_EQ(ask_here("GET", "/api/v1/teams/nobody/limits").status, 404);
  EXPECT_EQ(ask_here("PUT", "/api/v1/teams/nobody/limits", R"({"concurrent":1})").status, 200);
  EXPECT_EQ(ask_here("GET", "/api/v1/teams/nobody/limits").at({"limits", "concurrent", "limit"}), "1");
}

}  // namespace
}  // namespace ostiary::console

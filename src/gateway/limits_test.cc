#include "gateway/limits.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::gateway {
namespace {

using ::testing::HasSubstr;
using Scope = Account::Scope;

LimitSet set(std::string_view json) {
  const auto limits = limits_from_json(json);
  EXPECT_TRUE(limits) << limits.error().text();
  return limits.value_or(LimitSet());
}

TEST(LimitSets, ReadAndWriteTheSame) {
  const auto limits = set(
      R"({"requests_per_minute":60,"tokens_per_minute":1000,"spend_per_month":12.5,"concurrent":"unlimited","max_prompt_bytes":1024})");
  EXPECT_EQ(limits[Limit::requests], 60);
  EXPECT_EQ(limits[Limit::spend], 12'500'000'000);
  EXPECT_EQ(limits[Limit::concurrent], kUnlimited);
  EXPECT_EQ(
      limits_to_json(limits),
      R"({"concurrent":"unlimited","max_prompt_bytes":1024,"requests_per_minute":60,"spend_per_month":12.5,)"
      R"("tokens_per_minute":1000})");
  EXPECT_EQ(set(limits_to_json(limits)), limits);
  EXPECT_TRUE(set(R"({"concurrent":null})").empty());
}

TEST(LimitSets, RefuseWhatIsNoLimit) {
  for (const auto* wrong :
       {"", "[]", "3", R"({"requests":1})", R"({"concurrent":-1})", R"({"concurrent":1.5})",
        R"({"concurrent":"1"})", R"({"spend_per_month":1e3})", R"({"spend_per_month":-0.5})",
        R"({"tokens_per_minute":1000000000001})", R"({"concurrent":{}})", R"({"concurrent":true})"})
    EXPECT_FALSE(limits_from_json(wrong)) << wrong;
  EXPECT_THAT(limits_from_json(R"({"speed":1})").error().message, HasSubstr("requests_per_minute"));
}

class Limits : public ::testing::Test {
 protected:
  const LimitReport::Line& line(Scope scope, std::string_view name, Limit limit) {
    report_ = limiter.report(scope, name, wall_now());
    return report_.lines[static_cast<std::size_t>(limit)];
  }
  Limiter limiter;

 private:
  LimitReport report_;
};

TEST_F(Limits, WhatIsSaidMostPreciselyWinsFieldByField) {
  LimitSettings settings;
  settings.per_key = set(R"({"concurrent":1,"requests_per_minute":10,"tokens_per_minute":100})");
  settings.keys["a"] = set(R"({"requests_per_minute":20})");
  limiter.configure(settings);
  limiter.manage(
      {{Scope::key, "a", set(R"({"concurrent":5})")}, {Scope::key, "", set(R"({"tokens_per_minute":300})")}});
  EXPECT_EQ(line(Scope::key, "a", Limit::concurrent).most, 5);
  EXPECT_EQ(line(Scope::key, "a", Limit::concurrent).source, "api");
  EXPECT_EQ(line(Scope::key, "a", Limit::requests).most, 20);
  EXPECT_EQ(line(Scope::key, "a", Limit::requests).source, "limits.keys.a");
  EXPECT_EQ(line(Scope::key, "a", Limit::tokens).most, 300);
  EXPECT_EQ(line(Scope::key, "a", Limit::tokens).source, "api: each key");
  EXPECT_EQ(line(Scope::key, "b", Limit::requests).most, 10);
  EXPECT_EQ(line(Scope::key, "b", Limit::requests).source, "limits.per_key");
  EXPECT_EQ(line(Scope::key, "b", Limit::spend).source, "");
  EXPECT_EQ(line(Scope::team, "a", Limit::requests).most, kUnlimited) << "a team is no key";
}

TEST_F(Limits, AKeyMayBeFreedOfALimitThatHoldsForAll) {
  LimitSettings settings;
  settings.per_team = set(R"({"concurrent":1})");
  settings.teams["big"] = set(R"({"concurrent":"unlimited"})");
  limiter.configure(settings);
  EXPECT_FALSE(limiter.account(Scope::team, "big").limited());
  EXPECT_TRUE(limiter.account(Scope::team, "small").limited());
}

TEST_F(Limits, ChangeAtOnceForAccountsThatAreKnownAndKeepWhatIsCounted) {
  auto& account = limiter.account(Scope::key, "a");
  EXPECT_FALSE(account.reserve({50, 7, 24'000}, mono_now()));
  LimitSettings settings;
  settings.per_key = set(R"({"tokens_per_minute":60})");
  limiter.configure(settings);
  EXPECT_EQ(&limiter.account(Scope::key, "a"), &account);
  EXPECT_TRUE(account.reserve({11, 0, 24'000}, mono_now()));
  limiter.manage({{Scope::key, "a", set(R"({"tokens_per_minute":61})")}});
  EXPECT_FALSE(account.reserve({11, 0, 24'000}, mono_now()));
  limiter.manage({});
  limiter.configure({});
  EXPECT_FALSE(account.limited());
}

TEST_F(Limits, OfALineAreThoseOfItsNewestKeyThatIsNamedAndItsCountersAreOne) {
  auto& first = limiter.account(Scope::key, "a");
  EXPECT_FALSE(first.reserve({50, 0, 24'000}, mono_now()));
  limiter.know_lines({{"b", "a"}, {"c", "a"}});
  EXPECT_EQ(&limiter.account(Scope::key, "b"), &first);
  EXPECT_EQ(&limiter.account(Scope::key, "c"), &first);
  EXPECT_NE(&limiter.account(Scope::team, "b"), &limiter.account(Scope::team, "a")) << "a team has no line";
  LimitSettings settings;
  settings.per_key = set(R"({"concurrent":1})");
  settings.keys["a"] = set(R"({"requests_per_minute":10,"tokens_per_minute":100})");
  settings.keys["b"] = set(R"({"requests_per_minute":20})");
  limiter.configure(settings);
  for (const auto* key : {"a", "b", "c"}) {
    EXPECT_EQ(line(Scope::key, key, Limit::requests).most, 20) << key;
    EXPECT_EQ(line(Scope::key, key, Limit::requests).source, "limits.keys.b") << key;
    EXPECT_EQ(line(Scope::key, key, Limit::tokens).most, 100) << key;
    EXPECT_EQ(line(Scope::key, key, Limit::tokens).reserved, 50) << key;
    EXPECT_EQ(line(Scope::key, key, Limit::concurrent).most, 1) << key;
    EXPECT_EQ(limiter.report(Scope::key, key, wall_now()).name, "a");
  }
  settings.keys["c"] = set(R"({"requests_per_minute":30})");
  limiter.configure(settings);
  EXPECT_EQ(line(Scope::key, "a", Limit::requests).most, 30);
  limiter.manage({{Scope::key, "a", set(R"({"requests_per_minute":5})")}});
  EXPECT_EQ(line(Scope::key, "c", Limit::requests).source, "api");
}

TEST_F(Limits, ThatNameAKeyHoldForItsLineAsSoonAsItIsRenewed) {
  LimitSettings settings;
  settings.keys["b"] = set(R"({"requests_per_minute":3})");
  limiter.configure(settings);
  auto& account = limiter.account(Scope::key, "a");
  EXPECT_EQ(account.limit(Limit::requests), kUnlimited);
  limiter.know_lines({{"b", "a"}});
  EXPECT_EQ(account.limit(Limit::requests), 3);
}

TEST_F(Limits, AreReportedWithWhatIsLeft) {
  LimitSettings settings;
  settings.per_team = set(R"({"spend_per_month":1,"requests_per_minute":3})");
  limiter.configure(settings);
  auto& account = limiter.account(Scope::team, "search");
  const auto month = month_of(wall_now());
  EXPECT_FALSE(account.reserve({0, 400'000'000, month}, mono_now()));
  account.settle({0, 400'000'000, month}, {0, 250'000'000, month}, mono_now());
  EXPECT_FALSE(account.reserve({0, 100'000'000, month}, mono_now()));
  const auto& spend = line(Scope::team, "search", Limit::spend);
  EXPECT_EQ(spend.used, 250'000'000);
  EXPECT_EQ(spend.reserved, 100'000'000);
  EXPECT_EQ(spend.remaining(), 650'000'000);
  EXPECT_EQ(spend.resets_at, month_start(month + 1));
  std::string json;
  append_json(json, limiter.report(Scope::team, "search", wall_now()));
  EXPECT_THAT(json, HasSubstr(R"("spend_per_month":{"limit":1,"remaining":0.65,"reserved":0.1,)"));
  EXPECT_THAT(json, HasSubstr(R"("requests_per_minute":{"limit":3,"remaining":1,"reserved":0,)"));
  EXPECT_THAT(json, HasSubstr(R"("concurrent":{"limit":null,"remaining":null,)"));
  EXPECT_THAT(json, HasSubstr(R"("name":"search","scope":"team"})"));
}

TEST_F(Limits, OfTheStoreAreReadOrNamed) {
  const auto managed = managed_limits({{"team", "search", R"({"concurrent":2})"}, {"key", "", "{}"}});
  ASSERT_TRUE(managed);
  EXPECT_EQ((*managed)[0].scope, Scope::team);
  EXPECT_EQ((*managed)[0].limits[Limit::concurrent], 2);
  EXPECT_THAT(managed_limits({{"team", "x", "{"}}).error().text(), HasSubstr("team 'x'"));
}

}  // namespace
}  // namespace ostiary::gateway

#include "gateway/balance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "json/document.h"

namespace ostiary::gateway {
namespace {

std::vector<Choice> choices(std::initializer_list<std::uint32_t> weights) {
  std::vector<Choice> made;
  for (const auto weight : weights) {
    const auto place = static_cast<std::uint32_t>(made.size());
    made.push_back({place, weight, 0, spread_hash("service-" + std::to_string(place))});
  }
  return made;
}

std::uint64_t key_of(std::string_view body, std::string_view subject = "u") {
  json::Document document;
  EXPECT_TRUE(json::Document::parse_into(body, {}, document));
  return conversation_key(document.root(), subject);
}

TEST(Balance, WeightedSharesAreRightWithinAFewForEveryLoopAndForRunsOfAnyLength) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    const std::uint64_t first = random();
    std::array<int, 3> got{};
    for (std::uint64_t i = 1; i <= 600; ++i) {
      auto order = choices({6, 3, 1});
      order_weighted(order, first + i);
      ++got[order[0].place];
      EXPECT_NEAR(got[0], 0.6 * static_cast<double>(i), 4.0) << "after " << i;
      EXPECT_NEAR(got[1], 0.3 * static_cast<double>(i), 4.0);
      EXPECT_NEAR(got[2], 0.1 * static_cast<double>(i), 4.0);
    }
  }
}

TEST(Balance, WeightedIsSmoothNoServiceHasALongRun) {
  std::uint32_t before = 9;
  int run = 0, longest = 0;
  for (std::uint64_t ticket = 0; ticket < 10'000; ++ticket) {
    auto order = choices({3, 1});
    order_weighted(order, ticket);
    run = order[0].place == before ? run + 1 : 1;
    before = order[0].place;
    longest = std::max(longest, run);
  }
  EXPECT_LE(longest, 5);
}

TEST(Balance, TheShareOfAServiceThatFailsGoesToTheOthersByTheirWeights) {
  std::map<std::uint32_t, int> second;
  int of_first = 0;
  for (std::uint64_t ticket = 0; ticket < 10'000; ++ticket) {
    auto order = choices({4, 3, 1});
    order_weighted(order, ticket);
    if (order[0].place != 0) continue;
    ++of_first;
    ++second[order[1].place];
  }
  EXPECT_NEAR(second[1], of_first * 0.75, of_first * 0.02);
  EXPECT_NEAR(second[2], of_first * 0.25, of_first * 0.02);
}

TEST(Balance, WeightZeroComesLastInEveryOrder) {
  for (std::uint64_t n = 0; n < 2'000; ++n) {
    auto by_weight = choices({0, 1, 2});
    auto by_load = choices({0, 1, 2});
    by_load[1].outstanding = by_load[2].outstanding = 1000;
    auto by_key = choices({0, 1, 2});
    order_weighted(by_weight, n);
    order_least_outstanding(by_load, n);
    order_sticky(by_key, n);
    EXPECT_EQ(by_weight[2].place, 0u);
    EXPECT_EQ(by_load[2].place, 0u);
    EXPECT_EQ(by_key[2].place, 0u);
  }
  auto none = choices({0, 0});
  order_weighted(none, 5);
  EXPECT_EQ(none[0].place, 0u);
}

TEST(Balance, LeastOutstandingCountsByWeightAndSharesEqualsByWeight) {
  auto order = choices({1, 2, 1});
  order[0].outstanding = 3;
  order[1].outstanding = 6;
  order[2].outstanding = 4;
  order_least_outstanding(order, 0);
  EXPECT_EQ(order[0].place, 1u);  // 7/2 < 4/1
  EXPECT_EQ(order[1].place, 0u);
  EXPECT_EQ(order[2].place, 2u);
  int first = 0;
  for (std::uint64_t ticket = 0; ticket < 1'000; ++ticket) {
    auto equal = choices({1, 1});
    order_least_outstanding(equal, ticket);
    first += equal[0].place == 0 ? 1 : 0;
  }
  EXPECT_NEAR(first, 500, 5);
}

TEST(Balance, StickySharesAreAsTheWeightsAndAKeyHasOneOrder) {
  constexpr int kKeys = 40'000;
  std::array<int, 3> got{};
  for (std::uint64_t key = 1; key <= kKeys; ++key) {
    auto order = choices({6, 3, 1});
    order_sticky(order, key);
    ++got[order[0].place];
    auto backwards = choices({6, 3, 1});
    std::reverse(backwards.begin(), backwards.end());
    order_sticky(backwards, key);
    ASSERT_EQ(backwards[0].place, order[0].place);
    ASSERT_EQ(backwards[2].place, order[2].place);
  }
  for (const auto& [place, share] : std::map<std::size_t, double>{{0, 0.6}, {1, 0.3}, {2, 0.1}})
    EXPECT_NEAR(got[place], share * kKeys, 4 * std::sqrt(share * (1 - share) * kKeys)) << place;
}

TEST(Balance, StickyMovesOnlyTheConversationsOfTheServiceThatGoes) {
  for (std::uint64_t key = 1; key <= 5'000; ++key) {
    auto all = choices({5, 3, 2, 7});
    order_sticky(all, key);
    for (std::uint32_t gone = 0; gone < 4; ++gone) {
      auto rest = choices({5, 3, 2, 7});
      std::erase_if(rest, [&](const Choice& choice) { return choice.place == gone; });
      order_sticky(rest, key);
      ASSERT_EQ(rest[0].place, all[0].place == gone ? all[1].place : all[0].place);
    }
  }
}

TEST(Balance, AConversationKeepsItsKeyFromTurnToTurn) {
  const auto first =
      key_of(R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]})");
  const auto later = key_of(R"({"temperature":0,"messages":[{"role":"system","content":"s"},)"
                            R"({"role":"user","content":"a"},{"role":"assistant","content":"b"},)"
                            R"({"role":"user","content":"c"}]})");
  EXPECT_NE(first, 0u);
  EXPECT_EQ(first, later);
  EXPECT_NE(first, key_of(R"({"messages":[{"role":"user","content":"a"}]})"));
  EXPECT_NE(first, key_of(R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":"b"}]})"));
  EXPECT_NE(first, key_of(R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]})",
                          "other"));
}

TEST(Balance, WhatTheClientNamesDecidesTheConversation) {
  const auto named = key_of(R"({"prompt_cache_key":"k","messages":[{"role":"user","content":"a"}]})");
  EXPECT_EQ(named,
            key_of(R"({"prompt_cache_key":"k","messages":[{"role":"user","content":"b"}],"user":"x"})"));
  EXPECT_NE(named, key_of(R"({"prompt_cache_key":"l","messages":[{"role":"user","content":"a"}]})"));
  EXPECT_EQ(key_of(R"({"user":"x","messages":[{"role":"user","content":"a"}]})"),
            key_of(R"({"user":"x","messages":[{"role":"user","content":"b"}]})"));
  EXPECT_EQ(key_of(R"({"conversation":{"id":"c"},"input":"1"})"),
            key_of(R"({"conversation":{"id":"c"},"input":"2"})"));
  EXPECT_NE(key_of(R"({"user":null,"input":[{"role":"user","content":"a"}]})"),
            key_of(R"({"user":null,"input":[{"role":"user","content":"b"}]})"));
}

TEST(Balance, WhatHasNoBeginningIsNoConversation) {
  EXPECT_EQ(key_of(R"({"input":["a","b"]})"), 0u);
  EXPECT_EQ(key_of(R"({"input":"a"})"), 0u);
  EXPECT_EQ(key_of(R"({"prompt":"a"})"), 0u);
  EXPECT_EQ(key_of(R"({"messages":[]})"), 0u);
  EXPECT_EQ(key_of(R"({"messages":[1,null]})"), 0u);
  EXPECT_EQ(conversation_key({}, "u"), 0u);
}

}  // namespace
}  // namespace ostiary::gateway

#include "gateway/prices.h"

#include <gtest/gtest.h>

namespace ostiary::gateway {
namespace {

const WallMs kNow = *parse_rfc3339("2026-11-25T12:00:00.000Z");

TEST(Prices, AreOfProviderSurfaceAndModel) {
  const Prices prices;
  EXPECT_EQ(prices.find("openai", "api", "gpt-4o-mini", kNow), (Price{150'000'000, 600'000'000, 75'000'000}));
  EXPECT_EQ(prices.find("openai", "enterprise", "gpt-4o-mini", kNow), std::nullopt);
  EXPECT_EQ(prices.find("openai", "api", "gpt-9", kNow), std::nullopt);
  EXPECT_EQ(prices.find("nobody", "api", "gpt-4o-mini", kNow), std::nullopt);
  EXPECT_EQ(prices.find("anthropic", "api", "claude-haiku-4-5-20251001", kNow)->output, 5'000'000'000);
}

TEST(Prices, AreThoseOfTheDay) {
  const Prices prices;
  const auto on = [&](const char* day) {
    const auto price = prices.find("openai", "api", "o3", *parse_rfc3339(day));
    return price ? price->input : -1;
  };
  EXPECT_EQ(on("2025-04-15T23:59:59.999Z"), -1) << "not sold yet";
  EXPECT_EQ(on("2025-06-09T23:59:59.999Z"), 10'000'000'000);
  EXPECT_EQ(on("2025-06-10T00:00:00.000Z"), 2'000'000'000);
}

TEST(Prices, OfTheConfigurationComeFirst) {
  const Prices prices({{"openai", "", "gpt-4*", {1, 2, 3}}, {"ourselves", "self-hosted", "*", {0, 0, 0}}});
  EXPECT_EQ(prices.find("openai", "api", "gpt-4o-mini", kNow), (Price{1, 2, 3}));
  EXPECT_EQ(prices.find("openai", "api", "gpt-5-nano", kNow)->input, 50'000'000);
  EXPECT_EQ(prices.find("ourselves", "self-hosted", "any", kNow), Price{});
  EXPECT_EQ(prices.find("ourselves", "api", "any", kNow), std::nullopt);
}

TEST(Prices, CachedTokensArePaidOnce) {
  const Price price{2'000'000'000, 8'000'000'000, 500'000'000};
  EXPECT_EQ(price.of(1'000'000, 0), 2'000'000'000);
  EXPECT_EQ(price.of(1'000'000, 0, 1'000'000), 500'000'000);
  EXPECT_EQ(price.of(1000, 100, 400), 600 * 2000 + 400 * 500 + 100 * 8000);
  EXPECT_EQ(price.of(10, 0, 50), 10 * 500) << "never more of them than there is input";
}

TEST(Prices, AreExactBelowANanoDollarAndBeyondWhatADoubleHolds) {
  const Price price{12'500'000, 0, 0};  // $0.0125: 12.5 nano-dollars a token
  EXPECT_EQ(price.of(1, 0), 13) << "rounded half up, once";
  EXPECT_EQ(price.of(2, 0), 25);
  EXPECT_EQ(price.of(1'000'000'000'000'001, 0), 12'500'000'000'000'013);
  EXPECT_EQ((Price{999'999'000'000'000, 0, 0}).of(UINT64_MAX, 0), INT64_MAX);
}

}  // namespace
}  // namespace ostiary::gateway

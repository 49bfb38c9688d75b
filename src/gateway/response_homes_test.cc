#include "gateway/response_homes.h"

#include <gtest/gtest.h>

namespace ostiary::gateway {
namespace {

TEST(ResponseHomes, RemembersAndTellsWhoKeepsIt) {
  ResponseHomes homes;
  std::vector<std::pair<std::string, std::string>> kept;
  homes.persist_with(
      [&](const std::string& response, const std::string& service) { kept.emplace_back(response, service); });
  homes.restore({{"resp_old", "a"}});
  homes.remember("resp_new", "b");
  EXPECT_EQ(homes.find("resp_old"), "a");
  EXPECT_EQ(homes.find("resp_new"), "b");
  EXPECT_EQ(homes.find("resp_other"), std::nullopt);
  // What came from the store is not written there again.
  EXPECT_EQ(kept, (std::vector<std::pair<std::string, std::string>>{{"resp_new", "b"}}));
}

TEST(ResponseHomes, ForgetsTheOldestHalfWhenFull) {
  ResponseHomes homes;
  constexpr auto half = ResponseHomes::kMost / 2;
  for (std::size_t i = 0; i < half; ++i) homes.remember("first" + std::to_string(i), "a");
  for (std::size_t i = 0; i < half; ++i) homes.remember("second" + std::to_string(i), "b");
  EXPECT_EQ(homes.find("first0"), "a");
  homes.remember("third", "c");
  EXPECT_EQ(homes.find("first0"), std::nullopt);
  EXPECT_EQ(homes.find("second0"), "b");
  EXPECT_EQ(homes.find("third"), "c");
}

}  // namespace
}  // namespace ostiary::gateway

#include "gateway/response_homes.h"

#include <gtest/gtest.h>

namespace ostiary::gateway {
namespace {

using Home = ResponseHomes::Home;

TEST(ResponseHomes, RemembersAndTellsWhoKeepsItForWhom) {
  ResponseHomes homes;
  std::vector<store::StoredResponse> kept;
  homes.persist_with([&](const store::StoredResponse& response) { kept.push_back(response); });
  homes.restore({{"resp_old", "a", "blue", "ada"}});
  homes.remember({"resp_new", "b", "red", "bob"});
  EXPECT_EQ(homes.find("resp_old"), (Home{"a", "blue", "ada"}));
  EXPECT_EQ(homes.find("resp_new"), (Home{"b", "red", "bob"}));
  EXPECT_EQ(homes.find("resp_other"), std::nullopt);
  // What came from the store is not written there again.
  EXPECT_EQ(kept, (std::vector<store::StoredResponse>{{"resp_new", "b", "red", "bob"}}));
}

TEST(ResponseHomes, KeepsNoIdThatCouldNotBeAskedFor) {
  ResponseHomes homes;
  bool persisted = false;
  homes.persist_with([&](const store::StoredResponse&) { persisted = true; });
  const std::string long_id(257, 'r');
  homes.remember({long_id, "a", "blue", "ada"});
  homes.remember({"", "a", "blue", "ada"});
  EXPECT_EQ(homes.find(long_id), std::nullopt);
  EXPECT_FALSE(persisted);
}

TEST(ResponseHomes, ForgetsTheOldestHalfWhenFull) {
  ResponseHomes homes;
  constexpr auto half = ResponseHomes::kMost / 2;
  for (std::size_t i = 0; i < half; ++i) homes.remember({"first" + std::to_string(i), "a", "", ""});
  for (std::size_t i = 0; i < half; ++i) homes.remember({"second" + std::to_string(i), "b", "", ""});
  EXPECT_EQ(homes.find("first0"), (Home{"a", "", ""}));
  homes.remember({"third", "c", "", ""});
  EXPECT_EQ(homes.find("first0"), std::nullopt);
  EXPECT_EQ(homes.find("second0"), (Home{"b", "", ""}));
  EXPECT_EQ(homes.find("third"), (Home{"c", "", ""}));
}

}  // namespace
}  // namespace ostiary::gateway

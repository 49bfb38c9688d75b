#include "policy/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/testing.h"

namespace ostiary::policy {
namespace {

using policy::testing::policy_of;
using policy::testing::text_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Policy version(std::string_view number, std::string_view rules) {
  auto text = text_of(rules);
  text.replace(text.find("version: \"1\""), 12, "version: \"" + std::string(number) + "\"");
  return policy_of(text);
}

TEST(Changes, TellTheNewestFirstWithWhatItDecidesOtherwise) {
  const auto one = version("1", "- {id: a, when: always, then: allow}\n");
  const auto two = version("2", "- {id: a, when: {data.classes: [code]}, then: allow}\n");
  const auto log = change_log({{&one, "2026-01-01"}, {&one, "2026-01-02"}, {&two, ""}});
  ASSERT_EQ(log.size(), 2U) << "the same document twice is one version";
  EXPECT_EQ(log[0].version, "2");
  EXPECT_EQ(log[0].sentences.front().substr(0, 5), "When ");
  EXPECT_EQ(log[1].date, "2026-01-01");
  EXPECT_THAT(log[1].sentences, IsEmpty());
}

TEST(Changes, OrderNumbersInVersionsAsNumbers) {
  const auto older = [](std::string_view a, std::string_view b) {
    return is_older(version(a, "").document(), version(b, "").document());
  };
  EXPECT_TRUE(older("1.9", "1.10"));
  EXPECT_FALSE(older("1.10", "1.9"));
  EXPECT_TRUE(older("1", "1.1"));
  EXPECT_TRUE(older("2026-01", "2026-2"));
}

}  // namespace
}  // namespace ostiary::policy

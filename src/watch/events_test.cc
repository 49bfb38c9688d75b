#include "watch/events.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "json/document.h"

namespace ostiary::watch {
namespace {

TEST(Events, KindsStandSortedSoThatTheyAreShownInOrder) {
  EXPECT_TRUE(std::ranges::is_sorted(event_kinds(), {}, &EventKind::name));
  ASSERT_TRUE(find_event_kind("question.asked"));
  EXPECT_FALSE(find_event_kind("question"));
  EXPECT_FALSE(find_event_kind("exchange.notice")->chosen) << "it goes to whom the policy names";
}

TEST(Events, ABodyHoldsTypeTimeAndData) {
  const auto body =
      body_of({.type = "question.asked", .data = R"({"question":"Q-1"})", .at = 1'700'000'000'123});
  EXPECT_EQ(body,
            R"({"data":{"question":"Q-1"},"timestamp":"2023-11-14T22:13:20.123Z","type":"question.asked"})");
  EXPECT_TRUE(json::Document::parse(body));
}

}  // namespace
}  // namespace ostiary::watch

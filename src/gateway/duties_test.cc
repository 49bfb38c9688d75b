#include "gateway/duties.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/log.h"
#include "gateway/impl/test_support.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Obligations, HeadersAndDisclosureGoWithTheAnswer) {
  Exchange x;
  x.decision.obligations = {"disclose: Mit KI geprüft: 100%", "header: x-ai=seen=yes"};
  carry_out_obligations(x);
  EXPECT_EQ(x.answer_headers, "x-ostiary-disclosure: Mit KI gepr%C3%BCft: 100%25\r\nx-ai: seen=yes\r\n");
  x.decision.obligations.clear();  // another target's decision
  carry_out_obligations(x);
  EXPECT_EQ(x.answer_headers, "");
}

TEST(Obligations, TheLogHasALineOfTheLevel) {
  const TestFolder folder;
  const ostiary::testing::TempFolder logs;
  ASSERT_TRUE(log::write_to(logs / "log"));
  Exchange x;
  x.decision.effect = policy::Effect::redact;
  x.decision.rules = {{"mask", ""}};
  x.decision.obligations = {"log: warn"};
  carry_out_obligations(x);
  carry_out_obligations(x);
  ASSERT_TRUE(log::write_to(""));
  const auto text = read_file(logs / "log").value_or("");
  EXPECT_THAT(text, AllOf(HasSubstr("warn"), HasSubstr("policy: redact for exchange " + x.id.text()),
                          HasSubstr("by mask")));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
}

TEST(Obligations, TheShortestApprovalCounts) {
  EXPECT_EQ(approval_lasts({"expire: 7d", "log: warn", "expire: 1h"}), 3'600'000u);
  EXPECT_EQ(approval_lasts({"log: warn"}), std::nullopt);
}

}  // namespace
}  // namespace ostiary::gateway

#include <algorithm>
#include <gmock/gmock.h>

#include "console/impl/test_house.h"
#include "ledger/record.h"

namespace ostiary::console {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FalseAlarmOperations : public testing::TestHouse {
 protected:
  static constexpr auto kFinding = "0123456789abcdef";
  Asked mark(const store::KeyEntry& key, const std::string& because = "a test key of the vendor",
             const std::string& print = kFinding) {
    return ask_as(key, "POST", "/api/v1/findings/" + print + "/false-alarm",
                  R"({"because":")" + because + "\"}");
  }
  Asked decide(const std::string& state, const std::string& more = "", const std::string& print = kFinding) {
    return ask_as(admin_, "PUT", "/api/v1/false-alarms/" + print,
                  R"({"because":"looked at it","state":")" + state + "\"" + more + "}");
  }
  std::string allowed() { return ask_as(ada_, "GET", "/api/v1/allow").body; }
  store::KeyEntry ada_ = key_with({"use"}, "blue", "ada");
  store::KeyEntry lead_ = key_with({"team:blue"}, "blue", "lead");
  store::KeyEntry admin_ = key_with({"admin"}, "platform", "kim");
};

TEST_F(FalseAlarmOperations, WhatADeveloperMarkedLoosensNothingUntilAReviewerAcceptedIt) {
  const auto marked = mark(ada_);
  ASSERT_EQ(marked.status, 200) << marked.body;
  EXPECT_EQ(marked.at({"state"}), "open");
  EXPECT_EQ(marked.at({"subject"}), ada_.subject);
  EXPECT_THAT(newest_record(),
              HasSubstr(R"("kind":"disposition","state":"marked","subject":")" + ada_.subject));
  EXPECT_EQ(allowed(), "{\"allow\":[]}\n");
  const auto accepted = decide("accepted");
  ASSERT_EQ(accepted.status, 200) << accepted.body;
  EXPECT_EQ(accepted.at({"reviewer"}), admin_.subject);
  EXPECT_THAT(newest_record(), HasSubstr(R"("state":"accepted","subject":")" + admin_.subject));
  EXPECT_THAT(allowed(), HasSubstr(R"("because":"looked at it","by":")" + admin_.subject));
  ASSERT_EQ(decide("rejected").status, 200);
  EXPECT_EQ(allowed(), "{\"allow\":[]}\n");
}

TEST_F(FalseAlarmOperations, OnlyAnAdministratorDecides) {
  mark(ada_);
  for (const auto& key : {ada_, lead_, key_with({"read"}, "blue", "eve")}) {
    const auto path = std::string("/api/v1/false-alarms/") + kFinding;
    EXPECT_EQ(ask_as(key, "PUT", path, R"({"because":"x","state":"accepted"})").status, 403);
  }
  EXPECT_EQ(allowed(), "{\"allow\":[]}\n");
}

TEST_F(FalseAlarmOperations, ATeamsAdministratorSeesThoseOfTheTeam) {
  mark(ada_);
  mark(key_with({"use"}, "red", "bob"), "of red", "ffffffffffffffff");
  EXPECT_THAT(ask_as(lead_, "GET", "/api/v1/false-alarms").body, Not(HasSubstr("ffffffffffffffff")));
  const auto all = ask_as(admin_, "GET", "/api/v1/false-alarms?limit=1");
  EXPECT_EQ(all.at({"next"}), kFinding);
  const auto rest = ask_as(admin_, "GET", std::string("/api/v1/false-alarms?limit=1&cursor=") + kFinding);
  EXPECT_THAT(rest.body, HasSubstr("ffffffffffffffff"));
  EXPECT_EQ(rest.at({"next"}), "null");
  EXPECT_THAT(ask_as(admin_, "GET", "/api/v1/false-alarms?state=accepted").body,
              HasSubstr(R"("false_alarms":[])"));
}

TEST_F(FalseAlarmOperations, AReasonThatHoldsTheValueIsRefusedAndNowhereKept) {
  const std::string token = "gh" + std::string("p_YDHUBz54CG6vJvJOksZ0AMz4OMVXp02bV6A3");
  const auto before = newest_record();
  const auto refused = mark(ada_, "it is only " + token);
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, Not(HasSubstr(token)));
  EXPECT_EQ(newest_record(), before);
  EXPECT_THAT(ask_as(admin_, "GET", "/api/v1/false-alarms").body, HasSubstr(R"("false_alarms":[])"));
}

TEST_F(FalseAlarmOperations, WhatSomebodyElseMarkedIsNotShownToAnotherTeam) {
  mark(ada_, "words of blue");
  const auto again = mark(key_with({"use"}, "red", "bob"), "words of red");
  EXPECT_EQ(again.status, 200);
  EXPECT_THAT(again.body, Not(HasSubstr("words of blue")));
  EXPECT_EQ(again.at({"team"}), "null");
}

TEST_F(FalseAlarmOperations, ADecisionNeedsWhatWasMarkedAndADayThatLiesAhead) {
  EXPECT_EQ(decide("accepted").status, 404);
  mark(ada_);
  EXPECT_EQ(decide("accepted", R"(,"until":"2001-01-01T00:00:00Z")").status, 409);
  EXPECT_EQ(decide("accepted", R"(,"until":"2999-01-01T00:00:00Z")").status, 409);
  EXPECT_EQ(decide("accepted").status, 200);
  EXPECT_EQ(decide("accepted").status, 409) << "it was decided before";
}

}  // namespace
}  // namespace ostiary::console

#include "store/false_alarms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "store/store.h"

namespace ostiary::store {
namespace {

class FalseAlarmsTest : public ::testing::Test {
 protected:
  FalseAlarmsTest() { EXPECT_TRUE(open_sqlite(path_)); }
  static FalseAlarm wish(std::string fingerprint, std::string team = "blue") {
    FalseAlarm alarm;
    alarm.fingerprint = std::move(fingerprint), alarm.because = "a test key";
    alarm.subject = "sub_ada", alarm.team = std::move(team), alarm.marked = 1000;
    return alarm;
  }
  static FalseAlarm decision(std::string fingerprint, std::string state) {
    FalseAlarm alarm;
    alarm.fingerprint = std::move(fingerprint), alarm.state = std::move(state);
    alarm.reviewer = "sub_eve", alarm.said = "looked at", alarm.decided = 2000;
    if (alarm.state == "accepted") alarm.until = 9000;
    return alarm;
  }
  testing::TempFolder folder_;
  std::string path_ = std::string(folder_.path()) + "/store.sqlite";
  FalseAlarms alarms_{path_};
};

TEST_F(FalseAlarmsTest, NothingIsInEffectBeforeAReviewerAcceptedIt) {
  ASSERT_TRUE(alarms_.mark(wish("aa")));
  EXPECT_TRUE(alarms_.in_effect(1500)->empty());
  ASSERT_TRUE(alarms_.decide(decision("aa", "accepted")));
  ASSERT_EQ(alarms_.in_effect(8999)->size(), 1U);
  EXPECT_EQ((*alarms_.in_effect(8999))[0].reviewer, "sub_eve");
  EXPECT_TRUE(alarms_.in_effect(9000)->empty()) << "it has run out";
}

TEST_F(FalseAlarmsTest, ADecisionIsMadeOnceAndAnAcceptedOneMayBeTakenBack) {
  EXPECT_EQ(alarms_.decide(decision("aa", "rejected")).error().code, Code::not_found);
  ASSERT_TRUE(alarms_.mark(wish("aa")));
  ASSERT_TRUE(alarms_.decide(decision("aa", "accepted")));
  EXPECT_EQ(alarms_.decide(decision("aa", "accepted")).error().code, Code::exists);
  EXPECT_TRUE(alarms_.decide(decision("aa", "rejected")));
  EXPECT_TRUE(alarms_.in_effect(3000)->empty());
  EXPECT_EQ(alarms_.decide(decision("aa", "accepted")).error().code, Code::exists);
  EXPECT_EQ(alarms_.mark(wish("aa"))->state, "open");
  EXPECT_TRUE(alarms_.decide(decision("aa", "accepted")));
}

TEST_F(FalseAlarmsTest, MarkingAgainChangesNothingWhileItIsOpen) {
  ASSERT_TRUE(alarms_.mark(wish("aa")));
  auto again = wish("aa", "red");
  again.because = "other words";
  EXPECT_EQ(alarms_.mark(again)->because, "a test key");
  EXPECT_EQ(alarms_.find("aa")->team, "blue");
}

TEST_F(FalseAlarmsTest, AListIsByTeamStateAndPage) {
  for (const auto* print : {"aa", "bb", "cc", "dd"})
    ASSERT_TRUE(alarms_.mark(wish(print, print[0] == 'b' ? "red" : "blue")));
  ASSERT_TRUE(alarms_.decide(decision("dd", "rejected")));
  const auto prints = [&](std::vector<std::string> teams, std::string_view state, std::string_view after,
                          std::size_t most) {
    std::string out;
    for (const auto& alarm : *alarms_.list(teams, state, after, most)) out += alarm.fingerprint + " ";
    return out;
  };
  EXPECT_EQ(prints({}, "", "", 9), "aa bb cc dd ");
  EXPECT_EQ(prints({"blue"}, "open", "", 9), "aa cc ");
  EXPECT_EQ(prints({}, "", "aa", 2), "bb cc ");
}

TEST_F(FalseAlarmsTest, WhatCameToNothingIsPutBack) {
  ASSERT_TRUE(alarms_.mark(wish("aa")));
  ASSERT_TRUE(alarms_.put_back("aa", std::nullopt));
  EXPECT_EQ(alarms_.find("aa").error().code, Code::not_found);
}

TEST_F(FalseAlarmsTest, OneSubjectCannotFillTheStore) {
  for (int i = 0; i < FalseAlarms::kMostOpen; ++i) ASSERT_TRUE(alarms_.mark(wish(std::to_string(i))));
  EXPECT_EQ(alarms_.mark(wish("one more")).error().code, Code::too_large);
}

}  // namespace
}  // namespace ostiary::store

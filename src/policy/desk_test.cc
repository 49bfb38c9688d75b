// `desk` of a document: automatic answers, working time and lanes.

#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/check.h"
#include "policy/testing.h"

namespace ostiary::policy {
namespace {

using policy::testing::policy_of;
using policy::testing::text_of;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kRule = "- {id: a, when: always, then: allow}\n";

std::vector<std::string> problems_of(std::string_view data) {
  auto read = read_document(text_of(kRule, data));
  if (read.usable()) {
    const Policy policy(std::move(read.document));
    check(policy, 0, read.findings);
  }
  std::vector<std::string> out;
  for (const auto& f : read.findings.all)
    if (f.check != "untested") out.push_back(f.check + ": " + f.message);
  return out;
}

TEST(DeskRules, AreReadWhereverTheListsStandThatTheyName) {
  const auto policy = policy_of(text_of(kRule, R"(
answer-targets:
  quick: {first-answer: 4h, decision: 2d}
  legal: {first-answer: 1d, decision: 5d}
desk:
  automatic-answers: [deny, allow]
  working-time:
    zone: Europe/Berlin
    days: [monday, friday]
    hours: [13:00-17:30, 9:00-12:00]
    holidays: [2026-12-25, 2026-01-01]
  lanes:
    quick: {risk: low, owner: ai-desk, when: {data.classes: {in: harmless}}}
    legal: {risk: high, owner: legal, escalate-to: counsel, when: always}
groups:
  harmless: [public]
)"));
  const auto& desk = policy.document().desk;
  EXPECT_THAT(desk.automatic, ElementsAre(Effect::allow, Effect::deny));
  const auto& time = desk.working_time;
  EXPECT_EQ(time.zone, "Europe/Berlin");
  EXPECT_EQ(time.days, 1 | 1 << 4);
  EXPECT_THAT(time.hours, ElementsAre(WorkingTime::Span{540, 720}, WorkingTime::Span{780, 1050}));
  EXPECT_THAT(time.holidays, ElementsAre(20454, 20812));
  ASSERT_EQ(desk.lanes.size(), 2U);
  EXPECT_EQ(desk.lanes[0].name, "quick");
  EXPECT_EQ(desk.lanes[0].risk, 0);
  EXPECT_EQ(in_words(desk.lanes[0].when, policy.document()), "data.classes holds any of the list 'harmless'");
  EXPECT_EQ(desk.lanes[1].escalate_to, "counsel");
}

TEST(DeskRules, WithoutThemNothingIsAutomaticAndEveryHourIsWorked) {
  const auto policy = policy_of(text_of(kRule));
  EXPECT_THAT(policy.document().desk.automatic, IsEmpty());
  EXPECT_EQ(policy.document().desk.working_time, WorkingTime());
}

TEST(DeskRules, WhatIsWrongIsToldWithItsPlace) {
  const auto read =
      read_document(text_of(kRule, "desk:\n  lanes:\n    x: {risk: lo, owner: a, when: always}\n"));
  ASSERT_EQ(read.findings.all.size(), 1U);
  const auto line = std::ranges::count(text_of(kRule, "").substr(0), '\n');
  EXPECT_EQ(read.findings.all[0].place.column, 15U);
  EXPECT_GT(read.findings.all[0].place.line, static_cast<std::uint32_t>(line));
}

TEST(DeskRules, NothingButItsFormIsTaken) {
  const std::pair<const char*, const char*> cases[] = {
      {"desk: 1\n", "takes 'automatic-answers'"},
      {"desk: {lane: {}}\n", "did you mean 'lanes'"},
      {"desk: {automatic-answers: [ask]}\n", "answered by people"},
      {"desk: {working-time: {zone: Europe/Berlln}}\n", "no time zone of that name"},
      {"desk: {working-time: {zone: ../../etc/passwd}}\n", "no time zone of that name"},
      {"desk: {working-time: {days: [moonday]}}\n", "no day of the week"},
      {"desk: {working-time: {days: []}}\n", "at least one day"},
      {"desk: {working-time: {hours: 17:00-09:00}}\n", "from and to"},
      {"desk: {working-time: {hours: 09:00-25:00}}\n", "from and to"},
      {"desk: {working-time: {hours: [09:00-12:00, 11:00-13:00]}}\n", "overlap"},
      {"desk: {working-time: {holidays: [christmas]}}\n", "is no date"},
      {"desk: {lanes: {x: {risk: low, owner: a}}}\n", "has no 'when'"},
      {"desk: {lanes: {x: {risk: low, owner: a, when: {data.clases: [a]}}}}\n", "there is no fact"},
      {"desk: {lanes: {}}\ngroups: {a: [b]}\ndesk: {}\n", "desk"},
  };
  for (const auto& [data, message] : cases)
    EXPECT_THAT(problems_of(data), Contains(HasSubstr(message))) << data;
}

TEST(DeskRules, LanesAndTargetsNameEachOther) {
  EXPECT_THAT(problems_of("desk: {lanes: {x: {risk: low, owner: a, when: always}}}\n"),
              ElementsAre(HasSubstr("says nothing of lane 'x'")));
  EXPECT_THAT(problems_of("answer-targets: {y: {first-answer: 1h}, x: {first-answer: 1h}}\n"
                          "desk: {lanes: {x: {risk: low, owner: a, when: always}}}\n"),
              ElementsAre("dead-reference: there is no lane 'y'"));
  EXPECT_THAT(problems_of("answer-targets: {x: {first-answer: 1h}}\n"
                          "desk: {lanes: {x: {risk: low, owner: TODO, when: always}}}\n"),
              ElementsAre(HasSubstr("lane 'x' has no owner")));
  EXPECT_THAT(problems_of("answer-targets: {x: {first-answer: 1h}}\ndesk: {lanes: {x: {risk: low, owner: a, "
                          "when: {all: [{output.use: internal}, {output.use: shipped}]}}}}\n"),
              ElementsAre(HasSubstr("lane 'x' can never be taken")));
}

}  // namespace
}  // namespace ostiary::policy

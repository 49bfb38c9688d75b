#include "policy/due.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/check.h"
#include "policy/testing.h"

namespace ostiary::policy {
namespace {

using policy::testing::policy_of;
using policy::testing::text_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kRules =
    "- {id: all, when: always, then: allow}\n- {id: x, when: {data.classes: [code]}, then: deny}\n"
    "- {id: pilot, exception-of: x, when: {subject.team: pilot}, then: allow, until: 2026-06-30}\n";
constexpr std::string_view kReview =
    "review:\n  before: 30d\n  exceptions-before: 7d\n  rule-fired: {more-than: 100, within: 7d}\n"
    "  question-asked: {more-than: 3, within: 30d}\n";

std::vector<std::string> of(const std::string& text, std::string_view day, const Seen& seen = {}) {
  std::vector<std::string> out;
  for (const auto& one : due(policy_of(text).document(), *parse_moment(day), seen))
    out.push_back((one.overdue ? "!" : "") + one.kind + " " + one.name + (one.date.empty() ? "" : one.date));
  return out;
}

TEST(Due, AnExceptionIsToldBeforeAndAfterItLapses) {
  const auto text = text_of(kRules, kReview);
  EXPECT_THAT(of(text, "2026-06-22"), IsEmpty());
  EXPECT_THAT(of(text, "2026-06-24"), ElementsAre("exception pilot2026-06-30"));
  EXPECT_THAT(of(text, "2026-06-30"), ElementsAre("exception pilot2026-06-30"));
  EXPECT_THAT(of(text, "2026-07-01"), ElementsAre("!exception pilot2026-06-30"));
  const auto due_then = due(policy_of(text).document(), *parse_moment("2026-06-24"));
  EXPECT_THAT(due_then[0].text, HasSubstr("'pilot' of 'x' ends with 2026-06-30 (in 6 days)"));
}

TEST(Due, TheReviewDateIsToldAsLongBeforeAsTheDocumentSays) {
  auto text = text_of("- {id: all, when: always, then: allow}\n", kReview);
  text.replace(text.find("2999-01-01"), 10, "2026-06-30");
  EXPECT_THAT(of(text, "2026-05-30"), IsEmpty());
  EXPECT_THAT(of(text, "2026-05-31"), ElementsAre("review 2026-06-30"));
  EXPECT_THAT(of(text, "2026-06-30"), ElementsAre("review 2026-06-30"));
  EXPECT_THAT(of(text, "2026-07-01"), ElementsAre("!review 2026-06-30"));
}

TEST(Due, ADraftWhoseDayHasComeIsOverdue) {
  const auto text = text_of("- {id: all, when: always, then: allow}\n", "", "", "effective: 2026-03-01\n");
  EXPECT_THAT(of(text, "2026-01-01"), IsEmpty());
  EXPECT_THAT(of(text, "2026-02-20"), ElementsAre("effective 2026-03-01"));
  EXPECT_THAT(of(text, "2026-03-01"), ElementsAre("!effective 2026-03-01"));
}

TEST(Due, CountsOverTheDocumentsThresholdsAreTold) {
  Seen seen;
  seen.fired = {{"x", 101}, {"all", 100}, {"gone", 5000}, {"default", 200}};
  seen.asked = {{"may I use it", 4}, {"other", 3}};
  EXPECT_THAT(of(text_of(kRules, kReview), "2026-01-01", seen),
              ElementsAre("asked may I use it", "fired default", "fired x"));
  EXPECT_THAT(of(text_of(kRules), "2026-01-01", seen), IsEmpty()) << "no threshold, nothing is due";
}

TEST(Due, NewsCountFromTheLastReviewOn) {
  const auto text = text_of(kRules);
  Seen seen;
  seen.reviewed_at = *parse_moment("2026-01-10");
  seen.catalog_at = *parse_moment("2026-01-11");
  seen.terms = {{"openai api: trains", "was no and is yes", *parse_moment("2026-01-12")},
                {"old", "was", *parse_moment("2026-01-09")}};
  seen.features = {{"copilot", "agent mode", *parse_moment("2026-01-13")}};
  EXPECT_THAT(
      of(text, "2026-02-01", seen),
      ElementsAre("catalog 2026-01-11", "terms openai api: trains2026-01-12", "feature copilot2026-01-13"));
}

TEST(Due, CheckWarnsOfWhatTheFileTells) {
  const auto policy = policy_of(text_of(kRules, kReview));
  Findings findings;
  check(policy, *parse_moment("2026-06-24"), findings);
  std::vector<std::string> found;
  for (const auto& f : findings.all)
    if (f.check == "due") found.push_back(f.message);
  EXPECT_THAT(found, ElementsAre(HasSubstr("'pilot' of 'x' ends with 2026-06-30")));
}

TEST(Due, AWrongThresholdIsAnErrorWithItsPlace) {
  const auto read =
      read_document(text_of(kRules, "review:\n  rule-fired: {more-than: many, within: 7d}\n  bofore: 3d\n"));
  std::vector<std::string> found;
  for (const auto& f : read.findings.all) found.push_back(f.message);
  EXPECT_THAT(found, ElementsAre(HasSubstr("'more-than' must be a whole number"),
                                 HasSubstr("did you mean 'before'?")));
}

}  // namespace
}  // namespace ostiary::policy

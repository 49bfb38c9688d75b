#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "inspect/engine.h"

namespace ostiary::inspect {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using Outcome = Explained::Outcome;

const std::string kToken = "gh" + std::string("p_YDHUBz54CG6vJvJOksZ0AMz4OMVXp02bV6A3");

// "LINE:COLUMN detector outcome step" of the places of one detector, or of all.
std::vector<std::string> told(const Engine& engine, std::string_view text, std::string_view detector = {}) {
  constexpr std::string_view outcomes[] = {"none", "finding", "surer", "allowed"};
  Inspecting inspecting(engine);
  std::vector<std::string> out;
  for (const auto& place : inspecting.explain(text))
    if (detector.empty() || place.detector->spec.id == detector)
      out.push_back(fmt::format("{}:{} {} {}", place.location.line, place.location.column,
                                outcomes[static_cast<std::size_t>(place.outcome)], place.trace.step));
  return out;
}

catalog::Detector spec(std::string id, std::string confidence) {
  catalog::Detector d;
  d.id = d.type = std::move(id), d.klass = "secret", d.data_class = "secret";
  d.confidence = std::move(confidence), d.damped = false;
  d.keywords = {"key_"}, d.pattern = "key_[0-9a-z]{12}";
  return d;
}

Engine engine_of(std::vector<catalog::Detector> specs) {
  auto set = DetectorSet::make(specs, {});
  EXPECT_TRUE(set) << (set ? "" : set.error().text());
  return Engine(std::move(*set));
}

TEST(Explain, EachStepIsTold) {
  auto d = spec("one", "high");
  d.entropy = 2.5;
  d.reject = {"key_0+"};
  d.inside_words = true;
  const auto engine = engine_of({d});
  EXPECT_THAT(told(engine, "key_abcdefgh1234"), ElementsAre("1:1 finding taken"));
  EXPECT_THAT(told(engine, "\n key_short"), ElementsAre("2:2 none pattern"));
  EXPECT_THAT(told(engine, "mykey_abcdefgh1234"), ElementsAre("1:3 none word"));
  EXPECT_THAT(told(engine, "key_abcdefgh12345"), ElementsAre("1:1 none after"));
  EXPECT_THAT(told(engine, "key_000000000000"), ElementsAre("1:1 none reject"));
  EXPECT_THAT(told(engine, "key_aaaaaaaaaaaa"), ElementsAre("1:1 none entropy"));
  Inspecting inspecting(engine);
  const auto place = inspecting.explain("key_aaaaaaaaaaaa").front();
  EXPECT_LT(place.trace.entropy, 2.5);
  EXPECT_GT(place.trace.entropy, 0);
}

TEST(Explain, TheSurerFindingIsNamed) {
  const auto engine = engine_of({spec("one", "medium"), spec("other", "high")});
  Inspecting inspecting(engine);
  const auto places = inspecting.explain("key_abcdefgh1234");
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].outcome, Outcome::surer);
  EXPECT_EQ(places[0].surer, "other");
  EXPECT_EQ(places[1].outcome, Outcome::finding);
}

TEST(Explain, ADamperIsNamedAndAWordThatIsMissing) {
  static const auto engine = *Engine::builtin();
  const auto sample = told(*engine, "password = \"changeme\"");
  EXPECT_THAT(sample, Contains(testing::StartsWith("1:13 none")));
  EXPECT_THAT(told(*engine, "token " + kToken, "github-personal-token"), ElementsAre("1:7 finding taken"));
}

TEST(Explain, WhatStandsEncodedIsToldAtItsOriginalPlace) {
  static const auto engine = *Engine::builtin();
  const auto text = "blob: " + base64("GITHUB_TOKEN=" + kToken + "\n");
  const auto places = told(*engine, text, "github-personal-token");
  ASSERT_EQ(places.size(), 1U);
  EXPECT_THAT(places[0], testing::EndsWith("finding taken"));
}

TEST(Explain, AnAllowRuleIsNamed) {
  catalog::AllowRule rule;
  rule.id = "known", rule.detector = "one", rule.until = "2999-01-01";
  const std::vector<catalog::Detector> specs = {spec("one", "high")};
  const Engine engine(std::make_shared<const DetectorSet>(*DetectorSet::make(specs, {})),
                      std::make_shared<const AllowRules>(std::vector{rule}));
  Inspecting inspecting(engine);
  const auto places = inspecting.explain("key_abcdefgh1234");
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].outcome, Outcome::allowed);
  EXPECT_EQ(places[0].rule->id, "known");
}

TEST(Explain, InspectionFindsTheSameBeforeAndAfter) {
  static const auto engine = *Engine::builtin();
  Inspecting inspecting(*engine);
  const auto text = "GITHUB_TOKEN=" + kToken + " maren.voss@voss-orgelbau.de";
  const auto before = inspecting.inspect(text).findings.size();
  (void)inspecting.explain(text);
  EXPECT_EQ(inspecting.inspect(text).findings.size(), before);
}

}  // namespace
}  // namespace ostiary::inspect

// catalog/policy.md as the gate uses it.
#include "policy/builtin.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "base/file.h"
#include "policy/check.h"
#include "policy/testing.h"

namespace ostiary::policy {
namespace {

using policy::testing::facts_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Policy builtin() {
  auto read = read_document(builtin_document());
  EXPECT_THAT(read.findings.all, IsEmpty());
  return Policy(std::move(read.document));
}

TEST(Builtin, IsTheFileOfTheCatalogue) {
  const auto file = read_file(OSTIARY_SOURCE_DIR "/catalog/policy.md");
  ASSERT_TRUE(file);
  EXPECT_TRUE(builtin_document() == *file);
}

TEST(Builtin, LacksOnlyWhatAnOrganisationFillsIn) {
  const auto policy = builtin();
  Findings findings;
  check(policy, *parse_moment("2026-11-26"), findings);
  std::vector<std::string> all;
  for (const auto& f : findings.all) all.push_back(f.check + ": " + f.message.substr(0, 9));
  EXPECT_THAT(all, ElementsAre("unfilled: 'owner' i", "unfilled: 'contact'"));
}

TEST(Builtin, EachRuleDecidesATestThatPasses) {
  const auto policy = builtin();
  std::set<std::string> deciding;
  for (const auto& result : run_cases(policy)) {
    EXPECT_THAT(result.failures, IsEmpty()) << result.test->name;
    for (const auto& ref : result.decision.rules) deciding.insert(ref.id);
    for (const auto& ref : result.decision.observed) deciding.insert(ref.id);
  }
  for (const auto& rule : policy.document().rules) EXPECT_TRUE(deciding.contains(rule.id)) << rule.id;
}

TEST(Builtin, SaysToWhomItRefusesWhyAndWhatToDo) {
  const auto policy = builtin();
  for (const auto& rule : policy.document().rules) {
    EXPECT_FALSE(rule.because.empty()) << rule.id;
    EXPECT_FALSE(rule.clause.empty()) << rule.id;
    if (rule.then != Effect::allow) EXPECT_FALSE(rule.instead.empty()) << rule.id;
  }
}

// What the gate knows of a request without anybody saying anything: no purpose, no use of the output, no
// terms, region or licence of the model. A rule over one of these would fire for every request.
TEST(Builtin, LetsOrdinaryRequestsPass) {
  const auto policy = builtin();
  const std::string sizes =
      "data.attachments: 0, data.bytes: 4000, data.lines: 60, data.tokens: 900, "
      "target.endpoint: chat/completions, target.model: some-model, target.service: some-service, "
      "subject.id: sub_1, subject.key: k1, subject.team: research, time.now: 2026-11-26T16:00:00Z";
  for (const auto* target :
       {"target.surface: api, target.provider: openai, target.hosting: provider",
        "target.surface: team, target.provider: mistral, target.hosting: provider",
        "target.surface: enterprise, target.provider: anthropic, target.hosting: provider",
        "target.surface: via-cloud, target.provider: microsoft, target.hosting: cloud",
        "target.surface: self-hosted, target.provider: self, target.hosting: own"})
    for (const auto* classes :
         {"[]", "[internal]", "[own-code]", "[opaque]", "[third-party-code]", "[oversize]"})
      for (const auto* tools : {"", ", agent.tools: []", ", agent.tools: [bash, read_file, git_push]"}) {
        const auto decision = policy.decide(
            facts_of(fmt::format("{{{}, {}, data.classes: {}{}}}", sizes, target, classes, tools)));
        EXPECT_EQ(decision.effect, Effect::allow) << target << ' ' << classes << tools;
        EXPECT_THAT(decision.missing, IsEmpty()) << target;
        EXPECT_THAT(decision.redact_classes, IsEmpty()) << target;
      }
}

TEST(Builtin, LetsWhatTheGateSaysOfItsReplayServicePass) {
  const auto decision = builtin().decide(
      facts_of("{data.bytes: 120, data.classes: [], subject.id: sub_1, subject.key: k1, "
               "target.endpoint: chat/completions, target.model: any, target.service: replay, "
               "target.surface: self-hosted}"));
  EXPECT_EQ(decision.effect, Effect::allow);
  EXPECT_THAT(decision.missing, IsEmpty());
}

// Secrets never leave, whatever else is known, and what was not read is treated as if it held everything.
TEST(Builtin, MasksSecretsOnEverySurface) {
  const auto policy = builtin();
  for (const auto* surface : {"api", "team", "enterprise", "via-cloud", "self-hosted"}) {
    const auto decision = policy.decide(
        facts_of(fmt::format("{{data.bytes: 10, data.classes: [secret], target.surface: {}}}", surface)));
    EXPECT_EQ(decision.effect, Effect::redact) << surface;
    EXPECT_THAT(decision.redact_classes, ElementsAre("secret")) << surface;
    EXPECT_EQ(policy.decide(facts_of(fmt::format("{{data.bytes: 10, target.surface: {}}}", surface))).effect,
              Effect::deny)
        << surface;
  }
  for (const auto* surface : {"api-free", "consumer"})
    EXPECT_EQ(policy
                  .decide(facts_of(
                      fmt::format("{{data.bytes: 10, data.classes: [secret], target.surface: {}}}", surface)))
                  .effect,
              Effect::deny)
        << surface;
}

}  // namespace
}  // namespace ostiary::policy

#include "policy/decision.h"

#include <gtest/gtest.h>

#include "json/canonical.h"

namespace ostiary::policy {
namespace {

Decision sample() {
  Decision d;
  d.effect = Effect::deny;
  d.mode = Mode::observe;
  d.rules = {{"no-secrets", "rules-of-data"}, {"eu-only", ""}};
  d.facts = {{"target.provider", std::string("openai"), "config"},
             {"data.classes", std::vector<std::string>{"personal", "secret"}, "inspection"}};
  d.obligations = {"tell-team", "keep-record"};
  d.alternative = "service:own-llama";
  d.because = "a secret may not leave";
  d.policy_version = "3";
  d.policy_digest = "sha256:00";
  return d;
}

std::string json_of(const Decision& d, bool with_facts = true) {
  std::string out;
  append_json(out, d, with_facts);
  return out;
}

std::vector<std::string> names(const Facts& facts) {
  std::vector<std::string> out;
  for (const Fact& fact : facts.all()) out.push_back(fact.name);
  return out;
}

TEST(Decision, AnApprovalLetsAnAskPassAndIsInItsJson) {
  Decision d;
  d.effect = Effect::ask;
  EXPECT_TRUE(d.stops());
  d.approved_by = "Q-17";
  EXPECT_FALSE(d.stops());
  EXPECT_EQ(d.enforced(), Effect::allow);
  std::string out;
  append_json(out, d);
  EXPECT_TRUE(out.starts_with(R"({"alternative":null,"approved":"Q-17","effect":"ask",)")) << out;
}

TEST(Facts, AreSortedByNameHoweverTheyCome) {
  Facts facts;
  for (const char* name : {"subject.team", "data.classes", "target.provider", "subject", "subject.user"})
    facts.set(name, true, "request");
  EXPECT_EQ(names(facts), (std::vector<std::string>{"data.classes", "subject", "subject.team", "subject.user",
                                                    "target.provider"}));
}

TEST(Facts, SetReplacesValueAndSource) {
  Facts facts;
  facts.set("subject.team", std::string("a"), "key");
  facts.set("subject.team", std::int64_t{4}, "config");
  ASSERT_EQ(facts.all().size(), 1U);
  const Fact* fact = facts.find("subject.team");
  ASSERT_NE(fact, nullptr);
  EXPECT_EQ(std::get<std::int64_t>(fact->value), 4);
  EXPECT_EQ(fact->source, "config");
}

TEST(Facts, WhatWasNotSetIsUnknown) {
  Facts facts;
  facts.set("b", true, "");
  EXPECT_EQ(facts.find("a"), nullptr);
  EXPECT_EQ(facts.find("c"), nullptr);
  EXPECT_EQ(facts.find(""), nullptr);
  facts.clear();
  EXPECT_EQ(facts.find("b"), nullptr);
}

TEST(Decision, IsWrittenSortedInAllItsParts) {
  EXPECT_EQ(json_of(sample()),
            R"({"alternative":"service:own-llama","effect":"deny","facts":[)"
            R"({"name":"data.classes","source":"inspection","value":["personal","secret"]},)"
            R"({"name":"target.provider","source":"config","value":"openai"}],"mode":"observe",)"
            R"("obligations":["keep-record","tell-team"],"policy":{"digest":"sha256:00","version":"3"},)"
            R"("rules":[{"clause":null,"id":"eu-only"},{"clause":"rules-of-data","id":"no-secrets"}]})");
}

TEST(Decision, IsCanonical) {
  EXPECT_EQ(json::canonical(json_of(sample())).value_or(""), json_of(sample()));
  EXPECT_EQ(json::canonical(json_of(Decision{})).value_or(""), json_of(Decision{}));
}

TEST(Decision, WritesNullForWhatIsNotKnown) {
  EXPECT_EQ(json_of(Decision{}),
            R"({"alternative":null,"effect":"allow","facts":[],"mode":"enforce","obligations":[],)"
            R"("policy":{"digest":null,"version":null},"rules":[]})");
}

TEST(Decision, LeavesFactsOutWhenAsked) {
  EXPECT_EQ(json_of(Decision{}, false),
            R"({"alternative":null,"effect":"allow","mode":"enforce","obligations":[],)"
            R"("policy":{"digest":null,"version":null},"rules":[]})");
}

TEST(Decision, AnObservedOneStopsNothing) {
  Decision d = sample();
  EXPECT_EQ(d.enforced(), Effect::allow);
  d.mode = Mode::enforce;
  EXPECT_EQ(d.enforced(), Effect::deny);
}

TEST(Fact, IsWrittenWithEveryKindOfValue) {
  const std::vector<std::pair<FactValue, std::string>> values = {
      {true, "true"},
      {std::int64_t{-7}, "-7"},
      {0.5, "0.5"},
      {std::string("a\nb"), R"("a\nb")"},
      {std::vector<std::string>{}, "[]"},
      {std::vector<std::string>{"x", "y"}, R"(["x","y"])"}};
  for (const auto& [value, text] : values) {
    std::string out;
    append_json(out, Fact{"n", value, "s"});
    EXPECT_EQ(out, R"({"name":"n","source":"s","value":)" + text + "}");
  }
}

TEST(Effect, NamesReadBack) {
  for (const Effect e : {Effect::allow, Effect::redact, Effect::reroute, Effect::ask, Effect::deny})
    EXPECT_EQ(parse_effect(name(e)), e);
  EXPECT_EQ(parse_effect("Allow"), std::nullopt);
  EXPECT_EQ(parse_effect(""), std::nullopt);
  EXPECT_STREQ(name(Mode::observe), "observe");
  EXPECT_STREQ(name(Mode::enforce), "enforce");
}

}  // namespace
}  // namespace ostiary::policy

#include "gateway/class_actions.h"

#include <gtest/gtest.h>

namespace ostiary::gateway {
namespace {

using policy::Effect;

policy::Facts facts_for(const std::string& service) {
  policy::Facts facts;
  facts.set("target.service", service, "config");
  facts.set("data.bytes", std::int64_t{7}, "request");
  return facts;
}

inspect::Inspection holding(std::vector<std::string> classes) {
  inspect::Inspection found;
  found.classes = std::move(classes);
  return found;
}

const ClassActions kAll({{"code", Effect::redact},
                         {"internal", Effect::reroute},
                         {"personal", Effect::ask},
                         {"public", Effect::allow},
                         {"secret", Effect::deny}},
                        "home");

TEST(ClassActions, WhatHoldsNothingConfiguredIsAllowed) {
  const auto decision = kAll.decide(facts_for("far"), holding({"public", "unheard-of"}));
  EXPECT_EQ(decision.effect, Effect::allow);
  EXPECT_TRUE(decision.rules.empty());
  ASSERT_EQ(decision.facts.size(), 1u);
  EXPECT_EQ(decision.facts[0].name, "target.service");
}

TEST(ClassActions, EachActionIsTakenForItsClass) {
  const auto redact = kAll.decide(facts_for("far"), holding({"code"}));
  EXPECT_EQ(redact.effect, Effect::redact);
  EXPECT_EQ(redact.redact_classes, std::vector<std::string>{"code"});
  const auto reroute = kAll.decide(facts_for("far"), holding({"internal"}));
  EXPECT_EQ(reroute.effect, Effect::reroute);
  EXPECT_EQ(reroute.reroute_to, "home");
  EXPECT_EQ(kAll.decide(facts_for("far"), holding({"personal"})).effect, Effect::ask);
  const auto deny = kAll.decide(facts_for("far"), holding({"secret"}));
  EXPECT_EQ(deny.effect, Effect::deny);
  ASSERT_EQ(deny.rules.size(), 1u);
  EXPECT_EQ(deny.rules[0].id, "data_classes.secret");
  EXPECT_NE(deny.because.find("'secret'"), std::string::npos);
  EXPECT_NE(deny.instead.find("'home'"), std::string::npos);
}

TEST(ClassActions, TheStrictestActionWinsAndEveryRuleIsNamed) {
  const auto decision = kAll.decide(facts_for("far"), holding({"code", "internal", "personal", "secret"}));
  EXPECT_EQ(decision.effect, Effect::deny);
  EXPECT_EQ(decision.rules.size(), 4u);
  EXPECT_EQ(kAll.decide(facts_for("far"), holding({"code", "internal"})).effect, Effect::reroute);
}

TEST(ClassActions, AtTheServiceItBelongsToAClassIsNotReroutedAgainButStillRedacted) {
  EXPECT_EQ(kAll.decide(facts_for("home"), holding({"internal"})).effect, Effect::allow);
  const auto decision = kAll.decide(facts_for("home"), holding({"code", "internal"}));
  EXPECT_EQ(decision.effect, Effect::redact);
  EXPECT_EQ(decision.redact_classes, std::vector<std::string>{"code"});
}

TEST(ClassActions, WhatWasNotReadCountsAsEveryConfiguredClass) {
  inspect::Inspection found;
  found.partial = {"an image"};
  EXPECT_EQ(kAll.decide(facts_for("far"), found).effect, Effect::deny);
  EXPECT_EQ(ClassActions({{"code", Effect::redact}}, "").decide(facts_for("far"), found).effect,
            Effect::redact);
  EXPECT_EQ(ClassActions({}, "").decide(facts_for("far"), found).effect, Effect::allow);
}

TEST(ClassActions, SaysWhatGaveTheClassAndWhere) {
  const ClassActions actions({{"secret", policy::Effect::deny}}, "");
  inspect::Inspection found;
  found.classes = {"secret"};
  inspect::Finding weak, sure;
  weak.type = "password", sure.type = "github-token";
  weak.data_class = sure.data_class = "secret";
  sure.confidence = inspect::Confidence::medium;
  sure.location.pointer = "/messages/0/content";
  found.findings = {weak, sure};
  EXPECT_EQ(actions.decide({}, found).because,
            "the request holds data of the class 'secret' (github-token at /messages/0/content)");
}

}  // namespace
}  // namespace ostiary::gateway

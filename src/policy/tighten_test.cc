#include "policy/tighten.h"

#include <gtest/gtest.h>

namespace ostiary::policy {
namespace {

Decision of(Effect effect, std::vector<std::string> rules, std::vector<std::string> masked = {}) {
  Decision d;
  d.effect = effect;
  for (auto& rule : rules) d.rules.push_back({std::move(rule), ""});
  d.redact_classes = std::move(masked);
  return d;
}

std::vector<std::string> ids(const Decision& d) {
  std::vector<std::string> out;
  for (const auto& rule : d.rules) out.push_back(rule.id);
  return out;
}

using Texts = std::vector<std::string>;

TEST(Tightened, TheStrictestEffectWinsWhoeverSaysIt) {
  const auto stricter = tightened(of(Effect::allow, {"approved"}), of(Effect::deny, {"data_classes.secret"}));
  EXPECT_EQ(stricter.effect, Effect::deny);
  EXPECT_EQ(ids(stricter), Texts{"data_classes.secret"});
  const auto kept = tightened(of(Effect::deny, {"no-secrets"}), of(Effect::ask, {"data_classes.secret"}));
  EXPECT_EQ(kept.effect, Effect::deny);
  EXPECT_EQ(ids(kept), Texts{"no-secrets"});
  const auto both = tightened(of(Effect::deny, {"no-secrets"}), of(Effect::deny, {"data_classes.secret"}));
  EXPECT_EQ(ids(both), (Texts{"data_classes.secret", "no-secrets"}));
}

TEST(Tightened, WhatEitherMasksIsMasked) {
  const auto d = tightened(of(Effect::redact, {"mask"}, {"personal"}),
                           of(Effect::redact, {"data_classes.secret"}, {"secret"}));
  EXPECT_EQ(d.redact_classes, (Texts{"personal", "secret"}));
  EXPECT_EQ(ids(d), (Texts{"data_classes.secret", "mask"}));
  const auto moved = tightened(of(Effect::reroute, {"home"}), of(Effect::redact, {"more"}, {"secret"}));
  EXPECT_EQ(moved.effect, Effect::reroute);
  EXPECT_EQ(moved.redact_classes, Texts{"secret"});
}

TEST(Tightened, NothingIsLoosenedByAllowing) {
  const auto d = tightened(of(Effect::ask, {"agents"}), of(Effect::allow, {"size_limits.1.bytes"}));
  EXPECT_EQ(d.effect, Effect::ask);
  EXPECT_EQ(ids(d), Texts{"agents"});
}

TEST(Tightened, WhatTheDocumentOnlyObservesIsNotEnforcedForIt) {
  auto observed = of(Effect::redact, {"mask"}, {"personal"});
  observed.mode = Mode::observe;
  observed.observed = {{"mask", ""}};
  auto d = tightened(observed, of(Effect::ask, {"data_classes.secret"}));
  EXPECT_EQ(d.enforced(), Effect::ask);
  EXPECT_TRUE(d.redact_classes.empty());
  EXPECT_FALSE(d.would_be);  // it asks already, which is stricter
  EXPECT_EQ(d.observed.size(), 1u);
  observed.effect = Effect::deny;
  d = tightened(observed, of(Effect::redact, {"data_classes.secret"}, {"secret"}));
  EXPECT_EQ(d.enforced(), Effect::redact);
  EXPECT_EQ(d.would_be, Effect::deny);
  EXPECT_EQ(d.redact_classes, Texts{"secret"});
  d = tightened(observed, Decision());
  EXPECT_EQ(d.mode, Mode::observe);
}

}  // namespace
}  // namespace ostiary::policy

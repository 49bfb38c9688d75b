#include "policy/alternative.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "policy/testing.h"

namespace ostiary::policy {
namespace {

constexpr std::string_view kRules = R"(- {id: no-secrets, when: {data.classes: [secret]}, then: deny}
- id: people-stay-home
  when: {data.classes: [personal], target.service: {none-of: [own]}}
  then: deny
- {id: plans-are-asked, when: {data.classes: [internal], target.service: {none-of: [own]}}, then: ask}
- {id: shy, when: {target.service: [shy]}, then: reroute, to: far}
- {id: rest, when: always, then: allow}
)";

// What is nearest for a request of these classes to the service `far`.
std::optional<Alternative> nearest(std::vector<std::string> classes, std::vector<std::string> services,
                                   std::vector<std::string> maskable) {
  const auto policy = testing::policy_of(testing::text_of(kRules));
  std::vector<Alternative> places = {{}};
  for (auto& service : services) places.push_back({std::move(service), "", {}});
  const auto facts_of = [&](const Alternative& way) -> std::optional<Facts> {
    if (way.service == "gone") return std::nullopt;
    auto left = classes;
    std::erase_if(left, [&](const auto& c) { return std::ranges::find(way.masked, c) != way.masked.end(); });
    Facts facts;
    facts.set("data.classes", left, "test");
    facts.set("target.service", way.service.empty() ? std::string("far") : way.service, "test");
    return facts;
  };
  return nearest_alternative([&](const Facts& f) { return policy.decide(f); }, facts_of, places, maskable);
}

TEST(NearestAlternative, AnotherServiceThatMayHaveTheRequestAsItIsComesFirst) {
  EXPECT_EQ(nearest({"personal"}, {"gone", "other", "own"}, {"personal"}), (Alternative{"own", "", {}}));
}

TEST(NearestAlternative, WhereNoServiceMayTheDataIsLeftOutAndNoMoreThanNeeded) {
  EXPECT_EQ(nearest({"personal", "secret"}, {"own"}, {"personal", "secret"}),
            (Alternative{"", "", {"personal", "secret"}}));
  EXPECT_EQ(nearest({"code", "secret"}, {"own"}, {"code", "secret"}), (Alternative{"", "", {"secret"}}));
}

TEST(NearestAlternative, MaskedElsewhereIsTheLastThatIsTried) {
  EXPECT_EQ(nearest({"personal", "secret"}, {"own"}, {"secret"}), (Alternative{"own", "", {"secret"}}));
}

TEST(NearestAlternative, WhatWouldBeAskedAboutOrSentOnIsNone) {
  EXPECT_EQ(nearest({"internal"}, {"other"}, {}), std::nullopt);
  EXPECT_EQ(nearest({"secret"}, {"own"}, {}), std::nullopt);
  EXPECT_EQ(nearest({"internal"}, {"shy", "own"}, {}), (Alternative{"own", "", {}}));
}

TEST(NearestAlternative, IsToldInWords) {
  EXPECT_EQ((Alternative{"own", "llama", {"personal", "secret"}}).text(),
            "leave out the data of the classes personal, secret and use the service 'own' with the model "
            "'llama'");
  EXPECT_EQ((Alternative{"", "", {"secret"}}).text(), "leave out the data of the class secret");
}

}  // namespace
}  // namespace ostiary::policy

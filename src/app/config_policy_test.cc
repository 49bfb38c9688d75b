#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"

namespace ostiary::app {
namespace {

TEST(ConfigPolicy, WhatThePolicyMayKnowOfAServiceIsSaidThere) {
  const std::string service =
      "services:\n  - {id: a, base_url: 'http://h/v1', provider: test, surface: api, ";
  const auto read_one =
      read_config(service +
                      "region: eu-central, hosting: cloud, terms: {trains: false, retention_days: 30},\n"
                      "     model_licences: {m-*: Apache-2.0, n: {expression: X, category: proprietary}}}\n"
                      "policy: ours.md\n",
                  "o.yaml");
  ASSERT_TRUE(read_one) << read_one.error().text();
  const auto& config = *read_one;
  EXPECT_EQ(config.policy, "ours.md");
  ASSERT_EQ(config.services.size(), 1u);
  const auto& s = config.services[0];
  EXPECT_EQ(s.region, "eu-central");
  EXPECT_EQ(s.hosting, "cloud");
  EXPECT_EQ(s.terms.trains, false);
  EXPECT_EQ(s.terms.retention_days, 30u);
  EXPECT_EQ(s.terms.dpa, std::nullopt);
  EXPECT_THAT(s.licences, testing::ElementsAre(gateway::ModelLicence{"m-*", "Apache-2.0", ""},
                                               gateway::ModelLicence{"n", "X", "proprietary"}));
  EXPECT_EQ(read_config("", "o.yaml")->policy, "built-in");
  for (const std::string wrong :
       {"region: 'E U'", "hosting: moon", "terms: {trains: maybe}", "model_licences: {m: {category: free}}",
        "model_licences: {m: {kind: x}}"}) {
    const auto refused = read_config(service + wrong + "}\n", "o.yaml");
    ASSERT_FALSE(refused) << wrong;
    EXPECT_TRUE(refused.error().where.starts_with("o.yaml:2:")) << refused.error().text();
  }
}

}  // namespace
}  // namespace ostiary::app

#include "gateway/size_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/class_actions.h"

namespace ostiary::gateway {
namespace {

using policy::Effect;
using ::testing::HasSubstr;

inspect::Size measured(const std::string& body, std::uint64_t attachments = 0) {
  const auto request = json::Document::parse(body);
  EXPECT_TRUE(request);
  return measure(*request, attachments);
}

SizeLimit limit(SizeLimit::Measure measure, std::uint64_t most) {
  SizeLimit out;
  out.most[measure] = most;
  return out;
}

policy::Facts facts(std::int64_t tokens, const std::string& service = "far") {
  policy::Facts out;
  out.set("data.tokens", tokens, "request");
  out.set("data.attachments", std::int64_t{1}, "request");
  out.set("target.service", service, "config");
  return out;
}

TEST(SizeLimits, LinesAreThoseOfTheTexts) {
  const auto size = measured(
      R"({"model":"a\nb","messages":[{"role":"user","content":"one\ntwo\\n still two\u000Athree"},
          {"role":"user","content":[{"type":"text","text":"four"}]}],"metadata":{"x":"a\nb"}})",
      3);
  EXPECT_EQ(size.lines, 4u);
  EXPECT_EQ(size.attachments, 3u);
  EXPECT_GT(size.tokens, 8u);
  EXPECT_EQ(measured("{}").lines, 0u);
}

TEST(SizeLimits, ARequestOverALimitIsStoppedAndToldHowLargeItIs) {
  const ClassActions actions({}, "", {limit(SizeLimit::tokens, 8000)});
  EXPECT_EQ(actions.decide(facts(8000), {}).effect, Effect::allow);
  const auto decision = actions.decide(facts(12345), {});
  EXPECT_EQ(decision.effect, Effect::deny);
  EXPECT_EQ(decision.because, "the request has about 12,345 tokens, and 8,000 are allowed");
  EXPECT_EQ(decision.instead, "send less at once");
  ASSERT_EQ(decision.rules.size(), 1u);
  EXPECT_EQ(decision.rules[0].id, "size_limits.1.tokens");
}

TEST(SizeLimits, ALimitMayBeForADataClassAndAService) {
  auto one = limit(SizeLimit::attachments, 0);
  one.data_class = "personal";
  one.service = "far";
  one.action = Effect::reroute;
  const ClassActions actions({}, "home", {one});
  inspect::Inspection personal, unread;
  personal.classes = {"personal"};
  unread.partial = {"too large"};
  EXPECT_EQ(actions.decide(facts(1), {}).effect, Effect::allow);
  EXPECT_EQ(actions.decide(facts(1, "near"), personal).effect, Effect::allow);
  const auto decision = actions.decide(facts(1), personal);
  EXPECT_EQ(decision.effect, Effect::reroute);
  EXPECT_EQ(decision.reroute_to, "home");
  EXPECT_THAT(decision.because,
              HasSubstr("1 attachment, and 0 are allowed with data of the class 'personal' at the "
                        "service 'far'"));
  EXPECT_EQ(actions.decide(facts(1), unread).effect, Effect::reroute) << "what was not read may hold it";
}

TEST(SizeLimits, TheStrictestOfClassesAndSizesWins) {
  auto asks = limit(SizeLimit::tokens, 10);
  asks.action = Effect::ask;
  const ClassActions actions({{"secret", Effect::redact}}, "", {asks, limit(SizeLimit::tokens, 100)});
  inspect::Inspection secret;
  secret.classes = {"secret"};
  EXPECT_EQ(actions.decide(facts(5), secret).effect, Effect::redact);
  EXPECT_EQ(actions.decide(facts(50), secret).effect, Effect::ask);
  EXPECT_EQ(actions.decide(facts(500), secret).effect, Effect::deny);
}

TEST(SizeLimits, WhatIsOverIsAFinding) {
  inspect::Inspection found;
  found.size = {.bytes = 2000, .lines = 3, .tokens = 500, .attachments = 0};
  auto allowed = limit(SizeLimit::bytes, 1000);
  allowed.action = Effect::allow;
  find_sizes({allowed, limit(SizeLimit::tokens, 500)}, found);
  ASSERT_EQ(found.findings.size(), 1u);
  EXPECT_EQ(found.findings[0].klass, inspect::Class::size);
  EXPECT_EQ(found.findings[0].type, "prompt-bytes");
  EXPECT_THAT(found.findings[0].preview, HasSubstr("2,000 bytes, and 1,000 are allowed"));
  EXPECT_EQ(ClassActions({}, "", {allowed}).decide(facts(1), found).effect, Effect::allow);
}

}  // namespace
}  // namespace ostiary::gateway

#include "inspect/engine.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::inspect {
namespace {

Inspection inspected(const std::string& body) {
  static const auto engine = *Engine::builtin();
  Inspecting inspecting(*engine);
  const auto document = json::Document::parse(body);
  EXPECT_TRUE(document) << body;
  return inspecting.inspect(*document);
}

TEST(InspectedBody, FindingsStandWithinTheirStringAndArePointedAt) {
  const std::string body = R"({"a":["x","mail maren.voss@voss-orgelbau.de\n"],"n":1})";
  const auto found = inspected(body);
  ASSERT_EQ(found.findings.size(), 1U);
  const auto& at = found.findings[0].location;
  EXPECT_EQ(at.pointer, "/a/1");
  EXPECT_EQ(body.substr(at.start, at.end - at.start), "maren.voss@voss-orgelbau.de");
  EXPECT_THAT(found.classes, testing::ElementsAre("personal"));
  EXPECT_THAT(found.partial, testing::IsEmpty());
}

TEST(InspectedBody, MoreFindingsThanAreToldMakeItPartial) {
  std::string body = "[\"";
  for (std::size_t n = 0; n <= Inspecting::kMostInBody; ++n)
    body += fmt::format("maren.voss{}@voss-orgelbau.de ", n);
  const auto found = inspected(body + "\"]");
  EXPECT_EQ(found.findings.size(), Inspecting::kMostInBody);
  EXPECT_THAT(found.partial, testing::SizeIs(1));
}

// Time is not measured: what is quadratic does not end within the test's limit.
TEST(InspectedBody, ManyRunsWithoutALineEndAreNotWalkedOverForEach) {
  std::string body = "[\"";
  while (body.size() < 8'000'000) body += "src/gateway/text_inspector ";
  EXPECT_THAT(inspected(body + "\"]").findings, testing::IsEmpty());
}

TEST(InspectedBody, AllStringsTogetherHaveOneBudget) {
  std::string text = "\\n";
  while (text.size() < 2000) text += "-eyJ";
  std::string body = "[\"" + text + "\"";
  while (body.size() < 16'000'000) body += ",\"" + text + "\"";
  EXPECT_THAT(inspected(body + "]").partial, testing::SizeIs(1));
}

}  // namespace
}  // namespace ostiary::inspect

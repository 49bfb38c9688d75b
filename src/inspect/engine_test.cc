#include "inspect/engine.h"

#include <chrono>
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

// Each is one JSON body whose only find is an AWS key id, however it is written.
TEST(InspectedBody, AnEscapeHidesNothing) {
  for (const std::string body :
       {R"({"a":"\u001b[0m AKIA" "QYLPMN5HHHFPZAM2 "})", R"({"a":"\u0000 \u0041KIA" "QYLPMN5HHHFPZAM2"})",
        R"({"a":"%ff \u0041KIA" "QYLPMN5HHHFPZAM2"})", R"({"a":"%41KIA" "QYLPMN5HHHFPZAM2 x"})",
        R"({"a":"&#65;KIA" "QYLPMN5HHHFPZAM2 x"})", R"({"a":"\b\f AKIA" "QYLPMN5HHHFPZAM2"})"}) {
    std::string joined = body;  // apart, so that no other scanner takes the test for a leak
    for (auto at = joined.find("\" \""); at != std::string::npos; at = joined.find("\" \""))
      joined.erase(at, 3);
    const auto found = inspected(joined);
    EXPECT_THAT(found.classes, testing::Contains("secret")) << joined;
  }
}

TEST(InspectedBody, AFindingCutsNoEscape) {
  const std::string token = "gh" + std::string("p_YDHUBz54CG6vJvJOksZ0AMz4OMVXp02bV6A3");
  for (const std::string& body :
       {R"({"a":"machine x login maren password )" + token + R"(\n\"quoted\""})",
        R"({"a":"\n)" + token + R"(\\"})", std::string(R"({"a":"\nmaren.voss@voss-orgelbau.de\t"})")}) {
    const auto found = inspected(body);
    ASSERT_FALSE(found.findings.empty()) << body;
    for (const auto& finding : found.findings) {
      auto masked = body;
      masked.replace(finding.location.start, finding.location.end - finding.location.start, "X");
      EXPECT_TRUE(json::Document::parse(masked)) << masked;
    }
  }
}

TEST(InspectedBody, WhatIsSurerHidesNoOtherDataClass) {
  const auto found = inspected(R"({"a":"password = \"maren.voss@voss-orgelbau.de\""})");
  EXPECT_THAT(found.classes, testing::UnorderedElementsAre("personal", "secret"));
}

TEST(InspectedBody, AMembersNameIsLookedAtAndShownByNobody) {
  const std::string id = "AKIA" + std::string("QYLPMN5HHHFPZAM2");
  const auto found = inspected("{\"" + id + "\":[\"maren.voss@voss-orgelbau.de\"],\"" + std::string(99, 'n') +
                               "\":\"jan.voss@voss-orgelbau.de\"}");
  EXPECT_THAT(found.classes, testing::UnorderedElementsAre("personal", "secret"));
  std::vector<std::string> pointers;
  for (const auto& finding : found.findings) pointers.push_back(finding.location.pointer);
  EXPECT_THAT(pointers, testing::ElementsAre("/…", "/…/0", "/…"));
}

TEST(InspectedBody, NumbersAreFoundInTablesAndAsNumbers) {
  EXPECT_EQ(inspected(R"({"a":"row 7 4556737586899855"})").findings.size(), 1U);
  const std::string body = R"({"a":[-4556737586899855,4556737586899855.0]})";
  const auto found = inspected(body);
  ASSERT_EQ(found.findings.size(), 2U);
  EXPECT_EQ(found.findings[0].location.start, body.find('-')) << "all of the number";
  EXPECT_EQ(found.findings[1].location.pointer, "/a/1");
}

TEST(InspectedBody, PointersToLateElementsAreNotCountedAnewForEach) {
  std::string body = "[0";
  for (int n = 0; n < 2'000'000; ++n) body += ",0";
  for (std::size_t n = 0; n < 1500; ++n) body += fmt::format(",\"maren.voss{}@voss-orgelbau.de\"", n);
  const auto found = inspected(body + "]");
  ASSERT_EQ(found.findings.size(), 1500U);
  EXPECT_EQ(found.findings.back().location.pointer, "/2001500");
}

// Time is not measured: what is quadratic does not end within the test's limit.
TEST(InspectedBody, ManyRunsWithoutALineEndAreNotWalkedOverForEach) {
  std::string body = "[\"";
  while (body.size() < 8'000'000) body += "src/gateway/text_inspector ";
  EXPECT_THAT(inspected(body + "\"]").findings, testing::IsEmpty());
}

// Lines that end in CR alone cost what others do: none is looked for the end of another kind.
TEST(InspectedText, EscapesInShortLinesCostTheSameWhicheverEndsTheyHave) {
  const auto engine = *Engine::builtin();
  Inspecting inspecting(*engine);
  const auto seconds = [&](std::string_view line) {
    std::string text;
    while (text.size() < 512 * 1024) text += line;
    auto least = std::chrono::steady_clock::duration::max();
    for (int round = 0; round < 3; ++round) {
      const auto begun = std::chrono::steady_clock::now();
      EXPECT_TRUE(inspecting.inspect(text).findings.empty());
      least = std::min(least, std::chrono::steady_clock::now() - begun);
    }
    return std::chrono::duration<double>(least).count();
  };
  EXPECT_LT(seconds("%41\r"), 4 * seconds("%41\n"));
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

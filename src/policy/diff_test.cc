#include "policy/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/testing.h"

namespace ostiary::policy {
namespace {

using policy::testing::policy_of;
using policy::testing::text_of;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kMask =
    "- id: names\n  when:\n    data.classes: [personal]\n    target.hosting: {none-of: [own]}\n"
    "  then: redact\n  redact: [personal]\n";
constexpr std::string_view kAll = "- {id: all, when: always, then: allow}\n";

std::string rules(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const auto part : parts) out += part;
  return out;
}

std::vector<std::string> texts(const std::vector<Difference>& all) {
  std::vector<std::string> out;
  for (const auto& d : all) out.push_back(d.text);
  return out;
}
std::vector<std::string> texts(const std::vector<Shift>& all) {
  std::vector<std::string> out;
  for (const auto& s : all) out.push_back(s.text);
  return out;
}

Diff of(const std::string& before, const std::string& after) {
  return diff(policy_of(before), policy_of(after));
}

TEST(Diff, OfTheSameDocumentIsNothing) {
  const auto text = text_of(rules({kMask, kAll}));
  const auto d = of(text, text);
  EXPECT_TRUE(d.same());
  EXPECT_THAT(d.shifts, IsEmpty());
  EXPECT_EQ(d.compared, 0U);
}

TEST(Diff, TellsInAPlainSentenceWhichRequestsAreDecidedOtherwise) {
  const auto before = text_of(rules({kMask, kAll}));
  const auto after =
      text_of(rules({"- id: names\n  when:\n    data.classes: [personal]\n    target.hosting: {none-of: "
                     "[own]}\n  then: deny\n",
                     kAll}));
  const auto d = of(before, after);
  EXPECT_THAT(texts(d.shifts), Contains("When the request holds personal data (or nobody knows), and it goes "
                                        "to machines of a cloud or machines of the provider (or nobody "
                                        "knows): was allowed with personal data masked, is now refused."))
      << ::testing::PrintToString(texts(d.shifts));
  for (const auto& shift : d.shifts) {
    EXPECT_EQ(shift.way, Shift::Way::stricter);
    EXPECT_THAT(shift.rules_after, Contains("names"));
  }
  EXPECT_THAT(texts(d.differences), Contains(HasSubstr("such requests were masked and are refused")));
  EXPECT_THAT(d.partial, IsEmpty());
}

TEST(Diff, EachBoundaryOfANumberIsLookedAtOnBothSides) {
  const auto with = [](std::string_view size) {
    return text_of(rules({kAll, "- {id: big, when: {data.bytes: {over: ", size, "}}, then: ask}\n"}));
  };
  const auto d = of(with("64KiB"), with("32KiB"));
  ASSERT_EQ(d.shifts.size(), 1U) << ::testing::PrintToString(texts(d.shifts));
  EXPECT_EQ(d.shifts[0].text,
            "When the request is over 32KiB and at most 64KiB in size: was allowed, is now asked about.");
  EXPECT_EQ(d.shifts[0].way, Shift::Way::stricter);
}

TEST(Diff, AListThatGrowsLetsMoreThroughAndSaysWhat) {
  const auto with = [](std::string_view list) {
    return text_of("- {id: ok, when: {target.service: {in: agreed}}, then: allow}\n",
                   "groups: {agreed: [" + std::string(list) + "]}\n");
  };
  const auto d = of(with("mistral"), with("mistral, openai"));
  EXPECT_THAT(texts(d.differences), Contains("The list agreed now also holds openai."));
  EXPECT_THAT(texts(d.shifts),
              ElementsAre("When the request goes to the service openai: was refused, is now allowed."));
  EXPECT_EQ(d.shifts[0].way, Shift::Way::looser);
}

TEST(Diff, WhatAnotherRuleStopsAnywayIsNoChangedDecision) {
  const std::string_view stop = "- {id: stop, when: {data.classes: [secret]}, then: deny}\n";
  const auto d =
      of(text_of(rules({kAll, stop})),
         text_of(rules({kAll, stop, "- {id: also, when: {data.classes: [secret]}, then: ask}\n"})));
  EXPECT_FALSE(d.same());
  EXPECT_THAT(texts(d.differences),
              Contains(HasSubstr("The rule also is new: When the request holds a secret, a person "
                                 "decides first.")));
  EXPECT_THAT(d.shifts, IsEmpty());
  EXPECT_GT(d.compared, 0U);
}

TEST(Diff, ObservingIsToldAsWhatIsNoted) {
  const std::string_view rule = "- {id: s, when: {data.classes: [secret]}, then: deny}\n";
  const auto d =
      of(text_of(rules({kAll, rule})),
         text_of(rules({kAll, "- {id: s, when: {data.classes: [secret]}, then: deny, mode: observe}\n"})));
  ASSERT_FALSE(d.shifts.empty());
  for (const auto& shift : d.shifts)
    EXPECT_THAT(shift.after, HasSubstr("noted as one that would be refused"));
  EXPECT_EQ(d.shifts[0].way, Shift::Way::looser);
}

TEST(Diff, TheDefaultAndTheFrontMatterCount) {
  const std::string_view rule = "- {id: s, when: {data.classes: [code]}, then: allow}\n";
  auto after = text_of(rule);
  after.replace(after.find("default: deny"), 13, "default: ask ");
  after.replace(after.find("owner: Ada"), 10, "owner: Bob");
  const auto d = of(text_of(rule), after);
  EXPECT_THAT(texts(d.differences), ElementsAre("The owner was “Ada” and is “Bob”.",
                                                "What no rule names was refused and is asked about."));
  ASSERT_FALSE(d.shifts.empty());
  EXPECT_THAT(d.shifts[0].after, "asked about");
}

TEST(Diff, WhatIsAssumedDecidesToo) {
  const std::string_view rules = "- {id: s, when: {output.use: internal}, then: allow}\n";
  const auto d = of(text_of(rules), text_of(rules, "assumed: {output.use: internal}\n"));
  EXPECT_THAT(texts(d.differences),
              Contains("Where nobody says anything about output.use, nothing was taken for given, and "
                       "that the output stays in the house is."));
  EXPECT_THAT(texts(d.shifts), ElementsAre("When nobody knows output.use: was refused, is now allowed."));
}

TEST(Diff, TextThatChangesNoDecisionIsToldAsASection) {
  auto after = text_of(kAll);
  after += "\nMore words.\n";
  const auto d = of(text_of(kAll), after);
  EXPECT_THAT(texts(d.differences), ElementsAre("The section “Rules” reads otherwise."));
  EXPECT_EQ(d.compared, 0U);
}

TEST(Diff, IsBoundedAndSaysWhatItLeftOut) {
  std::string before, after;
  for (int i = 0; i < 40; ++i) {
    const auto n = std::to_string(i);
    const auto rule = "- {id: r" + n + ", when: {tool: t" + n + ", data.bytes: {over: " + n +
                      "}, target.service: s" + n + ", subject.team: g" + n + ", data.classes: [c" + n +
                      "]}, then: ";
    before += rule + "ask}\n";
    after += rule + "deny}\n";
  }
  const auto d = of(text_of(before), text_of(after));
  EXPECT_LE(d.compared, kMostCombinations);
  EXPECT_THAT(d.partial, Contains(HasSubstr("combinations of facts were decided")));
  EXPECT_EQ(d.differences.size(), 41U);
}

TEST(Diff, DoesNotDependOnTheOrderOfRules) {
  const std::string_view rule = "- {id: s, when: {data.classes: [secret]}, then: deny}\n";
  EXPECT_THAT(texts(of(text_of(rules({kMask, kAll, rule})), text_of(rules({kAll, kMask}))).shifts),
              texts(of(text_of(rules({rule, kAll, kMask})), text_of(rules({kMask, kAll}))).shifts));
}

}  // namespace
}  // namespace ostiary::policy

#include "app/past_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/replay_ledger.h"
#include "base/testing.h"
#include "ledger/ledger.h"
#include "ledger/record.h"

namespace ostiary::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// As the gate writes it.
std::string outcome(std::string_view decision, std::string_view findings = "[]", std::string_view id = "") {
  ledger::ExchangeRecord record;
  record.id = Id::parse(id).value_or(Id::make());
  record.at = 1'790'000'000'000;  // 2026-09-21, a Monday, 14:13:20
  record.subject = "u-1";
  record.team = "research";
  record.key = "3fK9aQ2z";
  record.endpoint = "chat/completions";
  record.service = "main";
  record.provider = "openai";
  record.surface = "api";
  record.model = "gpt-5-mini";
  record.request_bytes = 2048;
  record.decision_json = decision;
  record.findings_json = findings;
  std::string line;
  ledger::append_outcome(line, record);
  return line;
}

const std::vector<std::string_view> kAll = [] {
  std::vector<std::string_view> names;
  for (const auto& spec : policy::fact_table()) names.push_back(spec.name);
  return names;
}();

std::string text(const policy::Facts& facts, std::string_view name) {
  const auto* fact = facts.find(name);
  const auto* value = fact ? std::get_if<std::string>(&fact->value) : nullptr;
  return value ? *value : "";
}

struct Read {
  bool decided = false;
  policy::Past past;
  policy::Facts facts;
};
// `reader` keeps the texts.
Read read(PastFacts& reader, const std::string& line) {
  const auto document = json::Document::parse(line);
  EXPECT_TRUE(document) << line;
  Read out;
  out.decided = reader.read(document->root(), out.past, out.facts);
  return out;
}

constexpr std::string_view kInspected =
    R"({"effect":"allow","facts":[{"name":"data.partial","source":"inspection","value":[]}],"mode":"enforce","rules":[]})";
constexpr std::string_view kAllowed = R"({"effect":"allow","facts":[],"mode":"enforce","rules":[]})";

TEST(PastFacts, AreTakenFromTheRecordWhereTheDecisionDidNotUseThem) {
  PastFacts reader(kAll);
  const auto [decided, past, facts] = read(reader, outcome(kAllowed));
  ASSERT_TRUE(decided);
  EXPECT_EQ(past.was, policy::Effect::allow);
  EXPECT_EQ(past.service, "main");
  EXPECT_EQ(text(facts, "subject.id"), "u-1");
  EXPECT_EQ(text(facts, "subject.team"), "research");
  EXPECT_EQ(text(facts, "target.surface"), "api");
  EXPECT_EQ(text(facts, "target.model"), "gpt-5-mini");
  EXPECT_EQ(std::get<std::int64_t>(facts.find("data.bytes")->value), 2048);
  EXPECT_EQ(text(facts, "time.weekday"), "monday");
  EXPECT_EQ(std::get<std::int64_t>(facts.find("time.hour")->value), 14);
  EXPECT_EQ(facts.find("purpose"), nullptr);
  EXPECT_EQ(facts.find("tool"), nullptr);
}

TEST(PastFacts, OfTheDecisionCountAsTheyWereThen) {
  PastFacts reader(kAll);
  const auto [decided, past, facts] = read(
      reader,
      outcome(
          R"({"effect":"deny","facts":[{"name":"data.classes","source":"inspection","value":["secret"]},{"name":"agent.unattended","source":"request","value":true},{"name":"data.bytes","source":"request","value":7}],"mode":"enforce","rules":[]})"));
  ASSERT_TRUE(decided);
  EXPECT_EQ(past.was, policy::Effect::deny);
  EXPECT_THAT(std::get<std::vector<std::string>>(facts.find("data.classes")->value), ElementsAre("secret"));
  EXPECT_TRUE(std::get<bool>(facts.find("agent.unattended")->value));
  EXPECT_EQ(std::get<std::int64_t>(facts.find("data.bytes")->value), 7);
}

TEST(PastFacts, FindingsGiveClassesTypesAndConfidence) {
  PastFacts reader(kAll);
  const auto [decided, past, facts] = read(
      reader,
      outcome(
          kInspected,
          R"([{"class":"personal","confidence":"low","detector":"email-address"},{"class":"secret","confidence":"high","detector":"github-token"},{"class":"size","confidence":"high","detector":"prompt-bytes"}])"));
  ASSERT_TRUE(decided);
  EXPECT_THAT(std::get<std::vector<std::string>>(facts.find("data.classes")->value), ElementsAre("secret"));
  EXPECT_THAT(std::get<std::vector<std::string>>(facts.find("data.findings")->value).size(), 1);
  EXPECT_EQ(text(facts, "data.confidence"), "high");
}

TEST(PastFacts, WhatARequestHeldIsUnknownWhereNobodySaysThatItWasInspected) {
  PastFacts reader(kAll);
  const auto not_inspected =
      R"({"effect":"allow","facts":[{"name":"data.partial","source":"inspection","value":["the request was not inspected"]}],"mode":"enforce","rules":[]})";
  for (const std::string_view decision : {std::string_view(not_inspected), kAllowed}) {
    const auto [decided, past, facts] = read(reader, outcome(decision));
    ASSERT_TRUE(decided);
    for (const auto name : {"data.classes", "data.findings", "data.confidence"})
      EXPECT_EQ(facts.find(name), nullptr) << name;
  }
  const auto [decided, past, facts] = read(reader, outcome(kInspected));
  EXPECT_THAT(std::get<std::vector<std::string>>(facts.find("data.classes")->value), IsEmpty());
  EXPECT_EQ(text(facts, "data.confidence"), "none");
}

TEST(PastFacts, WhatWasOnlyObservedWasAllowed) {
  PastFacts reader(kAll);
  const auto [decided, past, facts] =
      read(reader, outcome(R"({"effect":"deny","facts":[],"mode":"observe","rules":[]})"));
  EXPECT_TRUE(decided);
  EXPECT_EQ(past.was, policy::Effect::allow);
}

TEST(PastFacts, WhatWasNeverDecidedIsNone) {
  PastFacts reader(kAll);
  EXPECT_FALSE(read(reader, outcome("null")).decided);
}

TEST(PastFacts, OnlyThoseThatAreWantedAreRead) {
  PastFacts reader({"target.model"});
  const auto [decided, past, facts] = read(reader, outcome(kAllowed));
  ASSERT_EQ(facts.all().size(), 1);
  EXPECT_EQ(facts.all().front().name, "target.model");
}

TEST(ReplayLedger, DecidesEachExchangeOnce) {
  const ostiary::testing::TempFolder folder;
  {
    auto book = ledger::Ledger::open(folder / "data", {});
    ASSERT_TRUE(book);
    ledger::Batch batch;
    for (int i = 0; i < 5000; ++i) {
      const auto line =
          outcome(i % 4 == 0 ? R"({"effect":"deny","facts":[],"mode":"enforce","rules":[]})" : kAllowed);
      batch.add(line);
    }
    batch.add(outcome("null"));
    ASSERT_TRUE((*book)->append(batch));
    ASSERT_TRUE((*book)->checkpoint_now());
  }
  auto document = policy::read_document(
      "---\ntitle: t\ndefault: deny\n---\n```policy\n- {id: gpt, when: {target.model: gpt-*}, then: "
      "allow}\n```\n");
  ASSERT_TRUE(document.usable());
  const policy::Policy candidate(std::move(document.document));
  const auto all = replay_ledger(folder / "data", candidate, {}, {}, {}, {});
  ASSERT_TRUE(all) << all.error().text();
  EXPECT_EQ(all->replay.exchanges(), 5000);
  EXPECT_EQ(all->undecided, 1);
  ASSERT_EQ(all->replay.groups().size(), 1);
  EXPECT_EQ(all->replay.groups().front().count, 1250);
  EXPECT_THAT(all->replay.groups().front().rules, ElementsAre("gpt"));
  const auto later = replay_ledger(folder / "data", candidate, {}, WallMs{1'790'000'000'001}, {}, {});
  ASSERT_TRUE(later);
  EXPECT_EQ(later->replay.exchanges(), 0);
  EXPECT_THAT(later->replay.groups(), IsEmpty());
}

}  // namespace
}  // namespace ostiary::app

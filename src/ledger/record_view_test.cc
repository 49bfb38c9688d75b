#include "ledger/record_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/record.h"

namespace ostiary::ledger {
namespace {

using Kind = RecordView::Kind;

constexpr std::string_view kDecision =
    R"({"alternative":null,"effect":"deny","facts":[{"name":"a \"}\" in it"}],"mode":"observe"})";

ExchangeRecord full_record() {
  ExchangeRecord r;
  r.id = *Id::parse("0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b");
  r.at = 1'764'000'000'123;
  r.subject = "sub_1", r.team = "research", r.key = "AbCd1234", r.tool = "curl";
  r.endpoint = "chat/completions", r.method = "POST", r.service = "openai", r.provider = "openai";
  r.surface = "api", r.model = "gpt \"é\" \\ \n{[";
  r.decision_json = kDecision;
  r.findings_json = R"([{"preview":"]}\\\""}])";
  r.request_bytes = 17, r.response_bytes = 1234;
  r.outcome = Outcome::truncated;
  r.status = 200, r.attempts = 2, r.stream = true, r.error = "late";
  r.usage = {10, 20, 5, 0.000123456, true};
  r.timings = {1, 2, 3, 4};
  return r;
}

TEST(RecordReader, TellsWhoseIntentALineIs) {
  std::string intent, outcome;
  append_intent(intent, full_record());
  append_outcome(outcome, full_record());
  RecordReader reader;
  EXPECT_EQ(reader.intent_of(intent), full_record().id);
  EXPECT_EQ(reader.intent_of(outcome), std::nullopt);
  EXPECT_EQ(reader.intent_of(intent.substr(0, 40)), std::nullopt);
  EXPECT_EQ(reader.intent_of(R"({"id":"no id","kind":"intent"})"), std::nullopt);
  EXPECT_EQ(reader.intent_of(R"({"kind":"intent"})"), std::nullopt);
  EXPECT_EQ(reader.intent_of(""), std::nullopt);
}

TEST(RecordReader, TellsAnOutcomeAsItWasWritten) {
  std::string line;
  append_outcome(line, full_record());
  RecordReader reader;
  RecordView view;
  ASSERT_TRUE(reader.read(line, view));
  EXPECT_EQ(view.kind, Kind::outcome);
  EXPECT_EQ(view.id, full_record().id);
  EXPECT_EQ(view.at, full_record().at);
  EXPECT_EQ(view.subject, "sub_1");
  EXPECT_EQ(view.team, "research");
  EXPECT_EQ(view.key, "AbCd1234");
  EXPECT_EQ(view.tool, "curl");
  EXPECT_EQ(view.endpoint, "chat/completions");
  EXPECT_EQ(view.service, "openai");
  EXPECT_EQ(view.surface, "api");
  EXPECT_EQ(view.model, full_record().model);
  EXPECT_EQ(view.effect, "deny");
  EXPECT_EQ(view.mode, "observe");
  EXPECT_EQ(view.outcome, "truncated");
  EXPECT_EQ(view.error, "late");
  EXPECT_EQ(view.status, 200U);
  EXPECT_EQ(view.attempts, 2U);
  EXPECT_TRUE(view.stream && view.estimated);
  EXPECT_EQ(view.input, 10U);
  EXPECT_EQ(view.output, 20U);
  EXPECT_EQ(view.cached, 5U);
  EXPECT_EQ(view.cost_nano, 123456);
  EXPECT_EQ(view.decided, 1U);
  EXPECT_EQ(view.total, 4U);
  EXPECT_EQ(view.request_bytes, 17U);
  EXPECT_EQ(view.response_bytes, 1234U);
}

// Nested values are walked in blocks of 64 bytes: whatever stands at a block's edge, the walk ends in its
// place.
TEST(RecordReader, FindsTheEndOfNestedValuesWhereverTheirBracketsAndQuotesFall) {
  for (const std::string_view text : {"}{][", "", R"(\")", R"(]}\\)", "a", R"(\"}]\")"}) {
    for (std::size_t blanks = 0; blanks < 140; ++blanks) {
      const std::string fill(blanks, '}');
      const auto decision = R"({"effect":"deny","facts":[{"name":")" + fill + std::string(text) +
                            R"(","value":[[],{"a":["]"]}]},[]],"mode":"observe"})";
      auto record = full_record();
      record.decision_json = decision;
      std::string line;
      append_outcome(line, record);
      RecordReader reader;
      RecordView view;
      ASSERT_TRUE(reader.read(line, view)) << line;
      ASSERT_EQ(view.effect, "deny") << line;
      ASSERT_EQ(view.mode, "observe") << line;
      ASSERT_EQ(view.endpoint, "chat/completions") << line;
      ASSERT_EQ(view.total, 4U) << line;
      for (std::size_t cut = line.size() - 1; cut > line.size() - 20; --cut)
        ASSERT_FALSE(reader.read(std::string_view(line).substr(0, cut), view));
    }
  }
}

TEST(RecordReader, LeavesUnsetWhatARecordDoesNotSay) {
  ExchangeRecord bare;
  bare.id = full_record().id;
  std::string line;
  append_outcome(line, bare);
  RecordReader reader;
  RecordView view;
  ASSERT_TRUE(reader.read(line, view));
  EXPECT_EQ(view.team, "");
  EXPECT_EQ(view.effect, "");
  EXPECT_EQ(view.input, std::nullopt);
  EXPECT_EQ(view.cost_nano, std::nullopt);
  EXPECT_EQ(view.first_byte, std::nullopt);
}

TEST(RecordReader, TakesWhatAnIntentReservesAsItsUsage) {
  std::string line;
  append_intent(line, full_record());
  line.insert(line.find(R"(,"service")"), R"(,"reserved":{"cost":0.5,"input":100,"output":4096})");
  RecordReader reader;
  RecordView view;
  ASSERT_TRUE(reader.read(line, view));
  EXPECT_EQ(view.kind, Kind::intent);
  EXPECT_EQ(view.input, 100U);
  EXPECT_EQ(view.output, 4096U);
  EXPECT_EQ(view.cost_nano, 500'000'000);
  EXPECT_EQ(view.service, "openai");
}

TEST(RecordReader, TellsChangesAndRecoveriesApart) {
  RecordReader reader;
  RecordView view;
  std::string line;
  append_change(line, 1, "started", "gate", R"({"catalog":"1"})");
  ASSERT_TRUE(reader.read(line, view));
  EXPECT_EQ(view.kind, Kind::change);
  EXPECT_EQ(view.action, "started");
  line.clear();
  append_recovery(line, 1, {});
  ASSERT_TRUE(reader.read(line, view));
  EXPECT_EQ(view.kind, Kind::recovery);
  ASSERT_TRUE(reader.read(R"({"kind":"gap","x":[]})", view));
  EXPECT_EQ(view.kind, Kind::other);
}

// What a line cut or changed at any byte reads as is nobody's promise; that it harms nothing is.
TEST(RecordReader, ReadsPastNoEndWhateverTheBytes) {
  std::string whole;
  append_outcome(whole, full_record());
  RecordReader reader;
  RecordView view;
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const std::string cut(whole.data(), n);  // of its own, so that a sanitizer sees its end
    EXPECT_FALSE(reader.read(cut, view)) << n;
    for (const char c : {'"', '\\', '{', '}', '[', ']', ',', '\0'}) {
      auto changed = whole;
      changed[n] = c;
      (void)reader.read(changed, view);
    }
  }
}

TEST(RecordReader, RefusesAnExchangeWithoutAnId) {
  RecordReader reader;
  RecordView view;
  EXPECT_FALSE(reader.read(R"({"kind":"outcome"})", view));
  EXPECT_FALSE(reader.read(R"({"id":"x","kind":"intent"})", view));
}

}  // namespace
}  // namespace ostiary::ledger

#include "ledger/record.h"

#include <gtest/gtest.h>
#include <limits>

#include "json/canonical.h"
#include "json/document.h"

namespace ostiary::ledger {
namespace {

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
const Digest kRequest = sha256("request"), kForwarded = sha256("forwarded"), kResponse = sha256("response"),
             kTarget = sha256("target");

ExchangeRecord full_record() {
  ExchangeRecord r;
  r.id = *Id::parse("0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b");
  r.at = 1'732'348'800'123;
  r.subject = "sub_0123456789abcdefghij";
  r.team = "team \"A\" \\ \n \u00e4\u20ac";
  r.key = "AbCdEf12";
  r.tool = "openai-python/1.2.3";
  r.endpoint = "chat/completions";
  r.method = "POST";
  r.service = "mistral-eu";
  r.provider = "mistral";
  r.surface = "api";
  r.model = "mistral-large";
  r.decision_json = R"({"effect":"allow","rules":[]})";
  r.findings_json = R"([{"class":"secret"}])";
  r.matches_json = R"([{"tokens":12}])";
  r.request_bytes = 1024;
  r.request_digest = &kRequest;
  r.forwarded_digest = &kForwarded;
  r.target_digest = &kTarget;
  r.outcome = Outcome::truncated;
  r.status = 200;
  r.error = "upstream_ended";
  r.attempts = 2;
  r.stream = true;
  r.response_bytes = 4096;
  r.response_digest = &kResponse;
  r.usage = {250, 300, 0, 0.00123, true};
  r.timings = {100, 2000, 20000, 300000};
  return r;
}

std::string intent(const ExchangeRecord& r) {
  std::string out;
  append_intent(out, r);
  return out;
}

std::string outcome(const ExchangeRecord& r) {
  std::string out;
  append_outcome(out, r);
  return out;
}

void expect_canonical(const std::string& line) {
  const auto canonical = json::canonical(line);
  ASSERT_TRUE(canonical) << canonical.error().text() << "\n" << line;
  EXPECT_EQ(*canonical, line);
}

TEST(Record, IsCanonicalJsonWhateverIsKnown) {
  auto r = full_record();
  expect_canonical(intent(r));
  expect_canonical(outcome(r));
  expect_canonical(intent({}));
  expect_canonical(outcome({}));
  for (unsigned bits = 0; bits < 512; ++bits) {
    const auto known = [&](unsigned bit) {
      return (bits >> bit & 1) ? std::optional<std::uint64_t>(bit) : std::nullopt;
    };
    r.usage = {known(0), known(1), known(2), (bits & 8) ? std::optional(1e-7) : std::nullopt,
               (bits & 16) != 0};
    r.timings = {known(5), known(6), known(7), known(8)};
    expect_canonical(outcome(r));
  }
}

TEST(Record, IsCanonicalJsonWhateverOutsideSays) {
  auto r = full_record();
  r.usage = {kHuge, kHuge, kHuge, std::numeric_limits<double>::infinity(), false};
  r.timings = {kHuge, kHuge, kHuge, kHuge};
  r.request_bytes = r.response_bytes = kHuge;
  r.tool = "\xff\xfe broken";
  r.model = std::string_view("\0\x01\x1f\x7f", 4);
  r.team = "\"},{\"";
  expect_canonical(intent(r));
  expect_canonical(outcome(r));
}

TEST(Record, OfAnIntentTellsWhatIsKnownBeforeAnythingLeaves) {
  EXPECT_EQ(
      intent(full_record()),
      R"({"at":"2024-11-23T08:00:00.123Z","decision":{"effect":"allow","rules":[]},"endpoint":"chat/completions",)"
      R"("findings":[{"class":"secret"}],"forwarded_digest":")" +
          hex(kForwarded) +
          R"(","id":"0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b","key":"AbCdEf12","kind":"intent","method":"POST","model":"mistral-large",)"
          R"("provider":"mistral","request_bytes":1024,"request_digest":")" +
          hex(kRequest) +
          R"(","service":"mistral-eu","subject":"sub_0123456789abcdefghij","surface":"api","target_digest":")" +
          hex(kTarget) +
          "\",\"team\":\"team \\\"A\\\" \\\\ \\n \u00e4\u20ac\","
          R"("tool":"openai-python/1.2.3"})");
}

TEST(Record, OfAnOutcomeTellsTheWholeExchange) {
  const auto line = outcome(full_record());
  const auto document = json::Document::parse(line);
  ASSERT_TRUE(document);
  const auto root = document->root();
  EXPECT_EQ(root["kind"].as_string(), "outcome");
  EXPECT_EQ(root["outcome"].as_string(), "truncated");
  EXPECT_EQ(root["status"].as_uint(), 200U);
  EXPECT_EQ(root["error"].as_string(), "upstream_ended");
  EXPECT_EQ(root["attempts"].as_uint(), 2U);
  EXPECT_EQ(root["stream"].as_bool(), true);
  EXPECT_EQ(root["response_digest"].as_string(), hex(kResponse));
  EXPECT_EQ(root["method"].as_string(), "POST");
  EXPECT_EQ(root["target_digest"].as_string(), hex(kTarget));
  EXPECT_EQ(root["usage"]["input"].as_uint(), 250U);
  EXPECT_EQ(root["usage"]["cached"].as_uint(), 0U);
  EXPECT_EQ(root["usage"]["cost"].as_number(), 0.00123);
  EXPECT_EQ(root["usage"]["estimated"].as_bool(), true);
  EXPECT_EQ(root["timings"]["first_byte"].as_uint(), 20000U);
  EXPECT_EQ(root["matches"].at(0)["tokens"].as_uint(), 12U);
}

TEST(Record, SaysNothingOfWhatIsNotKnown) {
  const auto line = outcome({});
  const auto document = json::Document::parse(line);
  ASSERT_TRUE(document);
  const auto root = document->root();
  for (const auto* name : {"subject", "team", "key", "tool", "service", "provider", "surface", "model",
                           "error", "request_digest", "forwarded_digest", "response_digest", "decision"})
    EXPECT_TRUE(root[name].is_null()) << name;
  EXPECT_EQ(root["usage"].size(), 0U);
  EXPECT_EQ(root["timings"].size(), 0U);
}

TEST(Record, OfAChangeAndOfARecoveryAreCanonicalToo) {
  std::string change, recovery;
  append_change(change, 1'732'348'800'000, "key-created", "AbCdEf12", R"({"team":"a"})");
  append_recovery(recovery, 1'732'348'800'000,
                  {.bytes_cut = 17, .records_lost = 2, .records_unsigned = 5, .intents_open = 1});
  EXPECT_EQ(
      change,
      R"({"action":"key-created","at":"2024-11-23T08:00:00.000Z","detail":{"team":"a"},"kind":"change",)"
      R"("what":"AbCdEf12"})");
  EXPECT_EQ(recovery, R"({"at":"2024-11-23T08:00:00.000Z","bytes_cut":17,"intents_open":1,"kind":"recovery",)"
                      R"("records_lost":2,"records_unsigned":5})");
  expect_canonical(change);
  expect_canonical(recovery);
}

TEST(Record, OfADispositionIsCanonical) {
  std::string marked, accepted;
  append_disposition(marked, {.at = 1'732'348'800'000,
                              .fingerprint = "0123456789abcdef",
                              .state = "marked",
                              .because = "a \"sample\"",
                              .by = "AbCdEf12",
                              .subject = "sub_ada",
                              .team = "blue",
                              .until = {}});
  EXPECT_EQ(
      marked,
      R"({"at":"2024-11-23T08:00:00.000Z","because":"a \"sample\"","by":"AbCdEf12","fingerprint":)"
      R"("0123456789abcdef","kind":"disposition","state":"marked","subject":"sub_ada","team":"blue","until":null})");
  expect_canonical(marked);
  append_disposition(accepted, {.at = 0,
                                .fingerprint = "0123456789abcdef",
                                .state = "accepted",
                                .because = "looked at",
                                .by = "local",
                                .subject = "",
                                .team = "",
                                .until = 1'732'348'800'000});
  EXPECT_NE(accepted.find(R"("subject":null,"team":null,"until":"2024-11-23T08:00:00.000Z")"),
            std::string::npos);
  expect_canonical(accepted);
}

TEST(Record, IsAddedBehindWhatStandsThere) {
  std::string out = "x";
  append_intent(out, full_record());
  EXPECT_EQ(out, "x" + intent(full_record()));
}

}  // namespace
}  // namespace ostiary::ledger

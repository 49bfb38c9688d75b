// Limits at a running gate: what they refuse, what they count, what they change in a request and its answer.

#include "gateway/charge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "gateway/impl/test_gate.h"

namespace ostiary::gateway::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

LimitSet set(std::string_view json) {
  return *limits_from_json(json);
}

std::string used(int input, int output, std::string_view more = "") {
  return R"({"choices":[{"message":{"content":"hello"}}],"usage":{"prompt_tokens":)" + std::to_string(input) +
         R"(,"completion_tokens":)" + std::to_string(output) + std::string(more) + "}}";
}

constexpr std::string_view kAskTen =
    R"({"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}]})";

class Charges : public ::testing::Test {
 protected:
  // A gate whose caller has these limits, before a service whose model m costs a dollar for 1,000 tokens.
  void limit_key(std::string_view json) { gate.settings().limits.per_key = set(json); }
  void run(AnsweringService& service, bool priced = true) {
    auto& settings = gate.add_service("s", service.url());
    settings.provider = "acme";
    if (priced)
      gate.settings().prices = {{"acme", "", "m", {1'000'000'000'000, 1'000'000'000'000, 500'000'000'000}}};
    gate.run();
  }
  LimitReport::Line line(Limit limit) {
    const auto id = gate.key().substr(4, 8);
    return gate.shared()
        .limiter.report(Account::Scope::key, id, wall_now())
        .lines[static_cast<std::size_t>(limit)];
  }
  // An answer may be there a moment before it is counted.
  void settle_all() {
    for (int i = 0; i < 500 && line(Limit::concurrent).used > 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::string intent() const {
    for (const auto& record : gate.records())
      if (record.contains(R"("kind":"intent")")) return record;
    return {};
  }
  TestGate gate;
};

TEST_F(Charges, ARequestBeyondTheLimitIsRefusedRecordedAndToldWhenToComeBack) {
  AnsweringService service([](const Message&) { return answer(200, used(3, 1)); });
  limit_key(R"({"requests_per_minute":1})");
  run(service);
  const auto first = gate.ask(gate.chat(kAskTen));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.header("x-ratelimit-limit-requests"), "1");
  EXPECT_EQ(first.header("x-ratelimit-remaining-requests"), "0");
  EXPECT_THAT(first.header("x-ratelimit-reset-requests"), ::testing::MatchesRegex("1m[01]s|6[01]s|5[0-9]s"));
  EXPECT_EQ(first.header("x-ratelimit-limit-tokens"), "") << "no such limit";
  const auto second = gate.ask(gate.chat(kAskTen));
  EXPECT_EQ(second.status, 429);
  EXPECT_GE(std::stoi(second.header("retry-after")), 55);
  EXPECT_THAT(second.body, HasSubstr(R"("code":"rate_limit_exceeded","limit":{"asked":1,"limit":1,)"
                                     R"("name":"requests_per_minute","of":"key")"));
  EXPECT_THAT(second.body, HasSubstr("there is room again in"));
  const auto record = gate.outcome(second);
  EXPECT_EQ(record->text("outcome"), "refused");
  EXPECT_EQ(record->text("error"), "rate_limit_exceeded");
  EXPECT_EQ(service.seen().size(), 1u);
}

TEST_F(Charges, TokensAreSettledToWhatTheServiceReports) {
  AnsweringService service([](const Message&) {
    return answer(200, used(30, 12),
                  "Content-Type: application/json\r\nx-ratelimit-limit-tokens: "
                  "7\r\nX-RateLimit-Remaining-Requests: 9\r\n");
  });
  limit_key(R"({"tokens_per_minute":100})");
  run(service, false);
  const auto first = gate.ask(gate.chat(kAskTen));
  EXPECT_EQ(first.header("x-ratelimit-limit-tokens"), "100") << "not the service's";
  EXPECT_EQ(first.header("x-ratelimit-remaining-requests"), "") << "nor this";
  gate.outcome(first);
  EXPECT_EQ(line(Limit::tokens).used, 42);
  EXPECT_EQ(line(Limit::tokens).reserved, 0);
  EXPECT_THAT(intent(), HasSubstr(R"("reserved":{"input":)"));
  EXPECT_THAT(intent(), HasSubstr(R"("output":10})"));
  const auto large = gate.ask(gate.chat(R"({"model":"m","max_tokens":101,"messages":[]})"));
  EXPECT_EQ(large.status, 429);
  EXPECT_EQ(large.header("retry-after"), "");
  EXPECT_EQ(large.header("x-should-retry"), "false");
}

TEST_F(Charges, CallsAtOnceNeverOverspendABudget) {
  AnsweringService service([](const Message&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    return answer(200, used(10, 10));
  });
  limit_key(R"({"spend_per_month":0.2})");  // ten of them
  run(service);
  std::atomic<int> passed = 0, refused = 0;
  std::vector<std::jthread> clients;
  for (int i = 0; i < 64; ++i)
    clients.emplace_back([&] {
      const auto got = gate.ask(gate.chat(kAskTen));
      passed += got.status == 200;
      refused += got.status == 429;
    });
  clients.clear();
  EXPECT_EQ(passed + refused, 64);
  EXPECT_GT(passed, 0);
  EXPECT_LE(passed, 10);
  settle_all();
  EXPECT_EQ(line(Limit::spend).used, passed * 20'000'000);
  while (gate.ask(gate.chat(kAskTen)).status == 200) {
    ++passed;
    settle_all();
  }
  EXPECT_GE(passed, 9) << "what was set aside came back";
  EXPECT_LE(line(Limit::spend).used, 200'000'000);
  const auto last = gate.ask(gate.chat(kAskTen));
  EXPECT_THAT(last.body, HasSubstr(R"("code":"budget_exceeded")"));
  EXPECT_THAT(last.body, HasSubstr(R"("type":"insufficient_quota")"));
  EXPECT_THAT(last.body, HasSubstr(month_name(month_of(wall_now()) + 1) + "-01T00:00:00"));
  EXPECT_EQ(last.header("x-ostiary-budget-remaining"), passed == 10 ? "0" : "0.02");
  EXPECT_EQ(gate.outcome()->text("outcome"), "refused");
}

TEST_F(Charges, CostIsRecordedWithCachedTokensPaidOnce) {
  AnsweringService service([](const Message&) {
    return answer(200, used(30, 10, R"(,"prompt_tokens_details":{"cached_tokens":20})"));
  });
  run(service);
  const auto record = gate.outcome(gate.ask(gate.chat(kAskTen)));
  EXPECT_EQ((*record)["usage"]["cost"].as_number(), 0.03);  // 10 and 10 whole, 20 half
  EXPECT_EQ(intent().find("reserved"), std::string::npos) << "no limit, nothing set aside";
}

TEST_F(Charges, AModelWithoutAPriceIsRefusedUnderABudgetUnlessThatIsAllowed) {
  AnsweringService service([](const Message&) { return answer(200, used(3, 1)); });
  limit_key(R"({"spend_per_month":1})");
  run(service, false);
  const auto refused = gate.ask(gate.chat(kAskTen));
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("price_unknown"));
  gateway::Setup next = *gate.shared().setup.get();
  next.settings.limits.allow_unpriced = true;
  gate.shared().publish(next);
  EXPECT_EQ(gate.ask(gate.chat(kAskTen)).status, 200);
}

TEST_F(Charges, APromptBeyondItsBytesIsRefusedUnread) {
  AnsweringService service([](const Message&) { return answer(200, used(3, 1)); });
  limit_key(R"({"max_prompt_bytes":100})");
  run(service);
  const auto refused = gate.ask("POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\n" + gate.authorization() +
                                "Content-Length: 101\r\n\r\n");
  EXPECT_EQ(refused.status, 413);
  EXPECT_THAT(refused.body, HasSubstr(R"("code":"prompt_too_large")"));
  const auto chunked =
      gate.ask("POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\n" + gate.authorization() +
               "Transfer-Encoding: chunked\r\n\r\n" + chunk(std::string(101, ' ')) + "0\r\n\r\n");
  EXPECT_EQ(chunked.status, 413);
  EXPECT_EQ(gate.ask(gate.chat(kAskTen)).status, 200);
}

TEST_F(Charges, KeyAndTeamBothCount) {
  AnsweringService service([](const Message&) { return answer(200, used(3, 1)); });
  gate.settings().limits.per_team = set(R"({"requests_per_minute":2})");
  run(service);
  EXPECT_EQ(gate.ask(gate.chat(kAskTen)).status, 200);
  const auto other = "Authorization: Bearer " + gate.other_key() + "\r\n";
  EXPECT_EQ(gate.ask(post("/v1/chat/completions", kAskTen, other)).status, 200);
  const auto third = gate.ask(gate.chat(kAskTen));
  EXPECT_EQ(third.status, 429);
  EXPECT_THAT(third.body, HasSubstr("the team 'team' has reached its limit"));
  EXPECT_EQ(line(Limit::requests).used, 1) << "what the team refuses does not count for the key";
}

const std::string kDelta =
    "data: {\"choices\":[{\"delta\":{\"content\":\"hello there\"}}],\"usage\":null}\n\n";
const std::string kUsageEvent =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\n";
const std::string kDone = "data: [DONE]\n\n";

TEST_F(Charges, AStreamsUsageIsAskedForAndTakenOutOfItAgain) {
  AnsweringService service([](const Message&) {
    return std::string(kStreamHead) + chunk(kDelta + ": ping\n" + kUsageEvent.substr(0, 20)) +
           chunk(kUsageEvent.substr(20)) + chunk(kDone) + "0\r\n\r\n";
  });
  limit_key(R"({"tokens_per_minute":5000})");
  run(service);
  const auto got = gate.ask(gate.chat(kAskStream));
  EXPECT_EQ(got.body, kDelta + ": ping\n" + kDone) << "and no other byte";
  EXPECT_EQ(service.seen().back().body,
            R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}],)"
            R"("stream_options":{"include_usage":true}})");
  const auto record = gate.outcome(got);
  EXPECT_EQ((*record)["usage"]["input"].as_uint(), 9u);
  EXPECT_FALSE((*record)["usage"]["estimated"]);
  EXPECT_EQ(line(Limit::tokens).used, 13);
  constexpr std::string_view own =
      R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]})";
  EXPECT_THAT(gate.ask(gate.chat(own)).body, HasSubstr(kUsageEvent)) << "the client asked for it";
  EXPECT_EQ(service.seen().back().body, own);
}

TEST_F(Charges, WithoutALimitThatNeedsItAStreamIsLeftAlone) {
  AnsweringService service([](const Message&) {
    return std::string(kStreamHead) + chunk(kDelta + kUsageEvent + kDone) + "0\r\n\r\n";
  });
  limit_key(R"({"requests_per_minute":5000})");
  run(service);
  EXPECT_EQ(gate.ask(gate.chat(kAskStream)).body, kDelta + kUsageEvent + kDone);
  EXPECT_EQ(service.seen().back().body, kAskStream);
}

TEST_F(Charges, WhatAServiceDoesNotReportIsCountedHere) {
  AnsweringService service([](const Message& request) {
    if (request.body.contains("stream"))
      return std::string(kStreamHead) + chunk(kDelta + kDelta + kDone) + "0\r\n\r\n";
    return answer(200, R"({"choices":[{"message":{"role":"assistant","content":"hello there you"}}]})");
  });
  run(service);
  for (const auto ask : {kAsk, kAskStream}) {
    const auto record = gate.outcome(gate.ask(gate.chat(ask)));
    EXPECT_EQ((*record)["usage"]["estimated"].as_bool(), true) << record->line;
    EXPECT_GE((*record)["usage"]["input"].as_uint().value_or(0), 4u);
    EXPECT_GE((*record)["usage"]["output"].as_uint().value_or(0), 3u);
    EXPECT_LE((*record)["usage"]["output"].as_uint().value_or(99), 6u);
  }
}

TEST_F(Charges, WhatNeverReachedAServiceOrFailedThereCostsNothing) {
  AnsweringService service([](const Message&) { return answer(400, R"({"error":{"message":"no"}})"); });
  limit_key(R"({"tokens_per_minute":5000,"spend_per_month":5})");
  run(service);
  EXPECT_EQ(gate.ask(gate.chat(kAskTen)).status, 400);
  EXPECT_EQ((*gate.outcome())["usage"].raw(), "{}");
  EXPECT_EQ(line(Limit::tokens).used, 0);
  EXPECT_EQ(line(Limit::tokens).reserved, 0);
  EXPECT_EQ(line(Limit::spend).used, 0);
  EXPECT_EQ(line(Limit::requests).used, 1);
}

TEST_F(Charges, AStreamThatItsClientLeavesIsChargedWhatWasSeen) {
  AnsweringService service([](const Message&) {  // and then it waits
    return std::string(kStreamHead) + chunk(kDelta) + chunk(kDelta);
  });
  limit_key(R"({"tokens_per_minute":5000,"concurrent":1})");
  run(service);
  Wire wire = gate.connect();
  ASSERT_TRUE(wire.send(gate.chat(kAskStream)));
  ASSERT_TRUE(wire.until("hello there"));
  EXPECT_THAT(gate.ask(gate.chat(kAsk)).body, HasSubstr("concurrent"));
  wire.abort();
  settle_all();
  EXPECT_EQ(line(Limit::concurrent).used, 0);
  EXPECT_EQ(line(Limit::tokens).reserved, 0);
  EXPECT_GE(line(Limit::tokens).used, 8);
  EXPECT_LE(line(Limit::tokens).used, 20);
}

TEST_F(Charges, ARequestThatIsRefusedForItsBodyCountsAsOne) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  limit_key(R"({"requests_per_minute":5})");
  run(service);
  EXPECT_EQ(gate.ask(gate.chat("{")).status, 400);
  EXPECT_EQ(gate.ask(gate.chat("{")).header("x-ratelimit-remaining-requests"), "3");
  EXPECT_EQ(line(Limit::requests).used, 2);
}

}  // namespace
}  // namespace ostiary::gateway::testing

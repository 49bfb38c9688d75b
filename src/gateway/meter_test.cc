#include "gateway/meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "gateway/impl/test_gate.h"
#include "telemetry/exposition.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using ::testing::HasSubstr;

TEST(TryResult, SaysWhoseFaultItWas) {
  EXPECT_EQ(try_result(200, ""), TryResult::success);
  EXPECT_EQ(try_result(404, ""), TryResult::client_error);
  EXPECT_EQ(try_result(429, ""), TryResult::limited);
  EXPECT_EQ(try_result(503, ""), TryResult::server_error);
  EXPECT_EQ(try_result(0, "service_timeout"), TryResult::timeout);
  EXPECT_EQ(try_result(0, "service_unreachable"), TryResult::unreachable);
  EXPECT_EQ(try_result(200, "service_truncated"), TryResult::broken);
  EXPECT_EQ(try_result(200, "service_timeout"), TryResult::timeout);
  EXPECT_EQ(try_result(200, "client_left"), TryResult::cancelled);
}

class MeterTest : public ::testing::Test {
 protected:
  MeterTest() { gate.shared().instruments.registry = &registry; }
  // The value of a line of the exposition; nothing: it does not stand there.
  std::string value(std::string_view series) const {
    const auto page = telemetry::render(registry, telemetry::Format::prometheus);
    for (const auto line : text::split(page, '\n'))
      if (line.starts_with(series) && line.substr(series.size()).starts_with(' '))
        return std::string(line.substr(series.size() + 1));
    return "";
  }
  void ask(std::string_view body = kAsk) { outcome = gate.outcome(gate.ask(gate.chat(body))); }

  telemetry::Registry registry;
  TestGate gate;
  std::unique_ptr<Record> outcome;
};

TEST_F(MeterTest, AnExchangeIsCountedWithItsTokensAndTimes) {
  AnsweringService service([](const Message&) {
    return answer(
        200,
        R"({"usage":{"prompt_tokens":30,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":20}}})");
  });
  gate.add_service("main", service.url()).models = {{"m", ""}};
  gate.run();
  EXPECT_EQ(value(R"(ostiary_exchanges_total{service="main",model="m",outcome="complete"})"), "");
  ask();
  EXPECT_EQ(value(R"(ostiary_exchanges_total{service="main",model="m",outcome="complete"})"), "1");
  EXPECT_EQ(value(R"(ostiary_exchanges_total{service="main",model="m",outcome="failed"})"), "0");
  EXPECT_EQ(value(R"(ostiary_tokens_total{service="main",model="m",kind="input"})"), "10");
  EXPECT_EQ(value(R"(ostiary_tokens_total{service="main",model="m",kind="cached"})"), "20");
  EXPECT_EQ(value(R"(ostiary_tokens_total{service="main",model="m",kind="output"})"), "7");
  EXPECT_EQ(value(R"(ostiary_exchange_duration_seconds_count{service="main"})"), "1");
  EXPECT_EQ(value(R"(ostiary_time_to_first_byte_seconds_count{service="main"})"), "1");
  EXPECT_EQ(value(R"(ostiary_time_to_first_token_seconds_count{service="main"})"), "0");
  EXPECT_EQ(value("ostiary_gate_overhead_seconds_count"), "1");
  EXPECT_EQ(value(R"(ostiary_tries_total{service="main",result="success"})"), "1");
  EXPECT_EQ(value(R"(ostiary_decisions_total{effect="allow",mode="enforce"})"), "1");
  EXPECT_EQ(value(R"(ostiary_request_bytes_total{service="main"})"), std::to_string(kAsk.size()));
}

TEST_F(MeterTest, ModelsThatNobodyConfiguredShareASeries) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("main", service.url()).models = {{"m", ""}, {"x-*", ""}};
  gate.run();
  for (const char* model : {"x-1", "x-2", "m", "x-3"}) ask(R"({"model":")" + std::string(model) + R"("})");
  EXPECT_EQ(value(R"(ostiary_exchanges_total{service="main",model="other",outcome="complete"})"), "3");
  EXPECT_EQ(value(R"(ostiary_exchanges_total{service="main",model="m",outcome="complete"})"), "1");
  EXPECT_EQ(telemetry::render(registry, telemetry::Format::prometheus).find("x-"), std::string::npos);
}

TEST_F(MeterTest, AServiceMayHaveTheNameOfWhatCameToNone) {
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("none", service.url()).models = {{"m", ""}};
  gate.run();
  ask();
  EXPECT_EQ(value(R"(ostiary_tokens_total{service="none",model="m",kind="input"})"), "3");
}

TEST_F(MeterTest, AStreamHasATimeToItsFirstToken) {
  AnsweringService service([](const Message&) {
    return std::string(kStreamHead) + chunk("data: {\"model\":\"m-1\"}\n\n") + chunk("data: [DONE]\n\n") +
           chunk("");
  });
  gate.add_service("main", service.url());
  gate.run();
  ask(kAskStream);
  EXPECT_EQ(value(R"(ostiary_time_to_first_token_seconds_count{service="main"})"), "1");
}

TEST_F(MeterTest, FallbackAndRetryAreCountedWhereTheyHappen) {
  AnsweringService bad([](const Message&) { return answer(502, "{}"); });
  AnsweringService good([](const Message&) { return answer(200, kHello); });
  gate.add_service("bad", bad.url()).retries = 1;
  gate.add_service("good", good.url());
  gate.run();
  ask();
  EXPECT_EQ(value(R"(ostiary_tries_total{service="bad",result="server_error"})"), "2");
  EXPECT_EQ(value(R"(ostiary_retries_total{service="bad"})"), "1");
  EXPECT_EQ(value(R"(ostiary_fallbacks_total{service="bad"})"), "0");
  EXPECT_EQ(value(R"(ostiary_fallbacks_total{service="good"})"), "1");
  EXPECT_EQ(value(R"(ostiary_retries_total{service="good"})"), "0");
  EXPECT_EQ(value(R"(ostiary_exchanges_total{service="good",model="other",outcome="complete"})"), "1");
}

TEST_F(MeterTest, WhatIsUnderWayIsInFlight) {
  std::atomic<bool> goes_on = false;
  ScriptedService service([&](Wire& wire) {
    wire.message();
    while (!goes_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    wire.send(answer(200, kHello));
  });
  gate.add_service("main", service.url());
  gate.run();
  Wire client = gate.connect();
  client.send(gate.chat(kAsk));
  for (int i = 0; i < 2000 && value(R"(ostiary_in_flight{service="main"})") != "1"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(value(R"(ostiary_in_flight{service="main"})"), "1");
  EXPECT_EQ(value("ostiary_connections"), "1");
  goes_on = true;
  gate.outcome(client.message());
  EXPECT_EQ(value(R"(ostiary_in_flight{service="main"})"), "0");
}

TEST_F(MeterTest, RefusalsAndFailuresGoByTheirCode) {
  AnsweringService service(
      [](const Message&) { return answer(200, "not json", "Content-Type: text/html\r\n"); });
  gate.add_service("main", service.url()).models = {{"m", ""}};
  gate.run();
  gate.outcome(gate.ask(post("/v1/chat/completions", kAsk, "")));
  ask(R"({"model":"unknown"})");
  ask();
  EXPECT_EQ(value(R"(ostiary_refusals_total{code="invalid_api_key"})"), "1");
  EXPECT_EQ(value(R"(ostiary_refusals_total{code="model_not_found"})"), "1");
  EXPECT_EQ(value(R"(ostiary_failures_total{code="service_not_json"})"), "1");
  EXPECT_EQ(value(R"(ostiary_tries_total{service="main",result="broken"})"), "1");
  EXPECT_EQ(value(R"(ostiary_exchanges_total{service="none",model="none",outcome="refused"})"), "2");
}

TEST_F(MeterTest, AsManyExchangesAreCountedAsTheLedgerHas) {
  AnsweringService service([](const Message& m) {
    return m.body.find("bad") == std::string::npos ? answer(200, kHello) : answer(400, "{}");
  });
  gate.add_service("main", service.url());
  gate.run();
  for (int i = 0; i < 5; ++i) {
    ask();
    ask(R"({"model":"bad"})");
    ask("{");
    gate.outcome(gate.ask("GET /v1/models HTTP/1.1\r\nHost: x\r\n" + gate.authorization() + "\r\n"));
    gate.outcome(gate.ask("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"));
  }
  std::size_t recorded = 0, counted = 0;
  for (const auto& line : gate.records()) recorded += line.find(R"("kind":"outcome")") != std::string::npos;
  for (const auto& snapshot : registry.gather())
    for (const auto& series : snapshot.series)
      if (snapshot.family->name == "ostiary_exchanges") counted += series.cells[0];
  EXPECT_EQ(recorded, 25u);
  EXPECT_EQ(counted, recorded);
}

TEST_F(MeterTest, TheNamesSatisfyPromtool) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool (Debian package 'prometheus') is not installed";
  AnsweringService service([](const Message&) { return answer(200, kHello); });
  gate.add_service("main", service.url());
  gate.run();
  ask();
  FILE* promtool = ::popen("promtool check metrics", "w");
  ASSERT_TRUE(promtool);
  const auto page = telemetry::render(registry, telemetry::Format::prometheus);
  std::fwrite(page.data(), 1, page.size(), promtool);
  EXPECT_EQ(::pclose(promtool), 0);
}

}  // namespace
}  // namespace ostiary::gateway

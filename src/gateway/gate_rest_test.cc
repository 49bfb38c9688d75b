// Services that rest, and services that are busy, behind a running gate.

#include <atomic>
#include <chrono>
#include <future>
#include <gtest/gtest.h>
#include <thread>

#include "gateway/impl/test_gate.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class RestTest : public ::testing::Test {
 protected:
  const Service& service(std::string_view id) { return *gate_.shared().setup.get()->find_service(id); }
  std::string ask_of_group() { return gate_.ask(gate_.chat(kAsk)).header("x-ostiary-service"); }
  TestGate gate_;
};

TEST_F(RestTest, AServiceThatFailsIsAskedNoMoreAndTheClientHearsWhy) {
  AnsweringService down([](const Message&) { return answer(500, R"({"error":{"message":"down"}})"); });
  gate_.add_service("down", down.url()).breaker.failures = 3;
  gate_.run();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, 500);
  const auto refused = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "5");
  EXPECT_NE(refused.body.find(R"("code":"service_unavailable")"), std::string::npos);
  EXPECT_NE(
      refused.body.find("'down' for 5 s (3 failures in a row, the last one: it answered with status 500)"),
      std::string::npos)
      << refused.body;
  EXPECT_EQ(down.seen().size(), 3u);
  EXPECT_EQ(gate_.outcome(refused)->text("error"), "service_unavailable");
  const auto state = service("down").state();
  EXPECT_EQ(state.breaker, Breaker::State::open);
  EXPECT_GT(state.rests_ms, 4'000u);
}

TEST_F(RestTest, RetriesStopWhenTheBreakerOpens) {
  AnsweringService down([](const Message&) { return answer(502, R"({"error":{}})"); });
  auto& settings = gate_.add_service("down", down.url());
  settings.retries = 10;
  settings.breaker.failures = 2;
  gate_.run();
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, 502);
  EXPECT_EQ(down.seen().size(), 2u);
}

TEST_F(RestTest, WhatTheRequestIsToBlameForNeverOpensTheBreaker) {
  std::atomic<int> status = 400;
  AnsweringService service_([&](const Message&) { return answer(status, R"({"error":{}})"); });
  gate_.add_service("far", service_.url()).breaker.failures = 1;
  gate_.run();
  for (const int refusal : {400, 401, 404, 422, 429, 501, 505}) {
    status = refusal;
    EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, refusal);
  }
  EXPECT_EQ(service("far").state().breaker, Breaker::State::closed);
}

TEST_F(RestTest, ACutStreamCountsAgainstTheServiceAndAClientThatLeavesDoesNot) {
  ScriptedService cutting([](Wire& wire) {
    if (wire.message().head.empty()) return;
    wire.send(std::string(kStreamHead) + chunk("data: {\"choices\":[]}\n\n"));
  });
  ScriptedService silent([](Wire& wire) { wire.message(), wire.closed_within(5000); });
  auto& first = gate_.add_service("cutting", cutting.url());
  first.breaker.failures = 1;
  first.models.push_back({"c", ""});
  auto& second = gate_.add_service("silent", silent.url());
  second.breaker.failures = 1;
  second.models.push_back({"s", ""});
  gate_.run();
  gate_.ask(gate_.chat(R"({"model":"c","stream":true,"messages":[]})"));
  // The client has its answer before the service's failure is counted.
  for (int tries = 0; tries < 5000 && service("cutting").state().breaker != Breaker::State::open; ++tries)
    std::this_thread::sleep_for(1ms);
  EXPECT_EQ(service("cutting").state().breaker, Breaker::State::open);
  {
    Wire leaving = gate_.connect();
    leaving.send(gate_.chat(R"({"model":"s","messages":[]})"));
    while (service("silent").state().outstanding == 0) std::this_thread::sleep_for(1ms);
  }
  while (service("silent").state().outstanding > 0) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(service("silent").state().breaker, Breaker::State::closed);
}

TEST_F(RestTest, AfterA429TheServiceIsLeftAloneAsLongAsItSaysForThatModelOnly) {
  AnsweringService pressed([](const Message&) {
    return answer(429, R"({"error":{}})", "Content-Type: application/json\r\nRetry-After: 60\r\n");
  });
  gate_.add_service("pressed", pressed.url());
  gate_.run();
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, 429);
  const auto refused = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "60");
  EXPECT_EQ(pressed.seen().size(), 1u);
  EXPECT_EQ(gate_.ask(gate_.chat(R"({"model":"another","messages":[]})")).status, 429);
  EXPECT_GT(service("pressed").state().pressed_ms, 50'000u);
  EXPECT_EQ(service("pressed").state().breaker, Breaker::State::closed);
}

TEST_F(RestTest, ABusyServiceLetsWaitThenSaysSoAndOneOfItsGroupWithRoomComesFirst) {
  std::promise<void> free;
  const auto freed = free.get_future().share();
  AnsweringService slow([&](const Message&) {
    freed.wait();
    return answer(200, kHello);
  });
  AnsweringService other([](const Message&) { return answer(200, kHello); });
  auto& busy = gate_.add_service("busy", slow.url());
  busy.admission = {1, 1, 10'000};
  busy.models.push_back({"m", ""});
  busy.models.push_back({"only", ""});
  busy.group = "g";
  busy.weight = 1000;
  auto& beside = gate_.add_service("beside", other.url());
  beside.models.push_back({"m", ""});
  beside.group = "g";
  gate_.settings().sticky = Sticky::none;
  gate_.run();
  const std::string only = gate_.chat(R"({"model":"only","messages":[]})");
  auto first = std::async(std::launch::async, [&] { return gate_.ask(only).status; });
  while (slow.seen().empty()) std::this_thread::sleep_for(1ms);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask_of_group(), "beside");
  auto second = std::async(std::launch::async, [&] { return gate_.ask(only).status; });
  while (service("busy").state().queued == 0) std::this_thread::sleep_for(1ms);
  const auto refused = gate_.ask(only);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "10");
  EXPECT_NE(refused.body.find(R"("code":"service_busy")"), std::string::npos);
  free.set_value();
  EXPECT_EQ(first.get(), 200);
  EXPECT_EQ(second.get(), 200);
}

}  // namespace
}  // namespace ostiary::gateway

// Which services are checked, and what a running gate learns from the checks.

#include "gateway/health.h"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <thread>

#include "gateway/impl/test_gate.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using State = Breaker::State;

TEST(Health, WhatIsNearIsTold) {
  for (const auto* near : {"127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255",
                           "192.168.0.1", "169.254.1.1", "::1", "fd00::1", "fe80::1", "localhost", "vllm",
                           "gpu.internal", "Box.LOCAL", "x.localhost", "nas.home.arpa"})
    EXPECT_TRUE(is_near(near)) << near;
  for (const auto* far :
       {"8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1", "11.0.0.1", "::2", "2001:db8::1",
        "api.openai.com", "internal.example.com", "localhost.example.com", ""})
    EXPECT_FALSE(is_near(far)) << far;
}

TEST(Health, OnlyNearServicesAreCheckedUnlessTheSettingsSayOtherwise) {
  ServiceSettings settings;
  settings.base_url = "http://10.0.0.7:8000/v1";
  EXPECT_TRUE(wants_health_checks(settings));
  settings.health.check = HealthSettings::Check::off;
  EXPECT_FALSE(wants_health_checks(settings));
  settings = {};
  settings.base_url = "https://api.example.com/v1";
  EXPECT_FALSE(wants_health_checks(settings));
  settings.health.check = HealthSettings::Check::on;
  EXPECT_TRUE(wants_health_checks(settings));
  settings.base_url += "/{model}";  // no address without a model
  EXPECT_FALSE(wants_health_checks(settings));
  settings.protocol = "replay";
  EXPECT_FALSE(wants_health_checks(settings));
}

bool soon(const std::function<bool()>& holds) {
  for (int i = 0; i < 500 && !holds(); ++i) std::this_thread::sleep_for(10ms);
  return holds();
}

class HealthTest : public ::testing::Test {
 protected:
  ServiceSettings& add(const std::string& id, const std::string& url) {
    auto& settings = gate_.add_service(id, url);
    settings.health.check = HealthSettings::Check::on;
    settings.health.interval_ms = 20;
    settings.health.timeout_ms = 200;
    return settings;
  }
  const Service& service(std::string_view id) { return *gate_.shared().setup.get()->find_service(id); }
  State state(std::string_view id) { return service(id).state().breaker; }
  TestGate gate_;
};

TEST_F(HealthTest, ADeadServiceIsKnownBeforeAClientMeetsItAndARevivedOneIsUsedAgain) {
  std::atomic<int> status = 503;
  std::atomic<int> chats = 0;
  AnsweringService sick([&](const Message& request) {
    if (request.head.starts_with("POST")) ++chats;
    return request.head.starts_with("POST") ? answer(200, kHello) : answer(status, "{}");
  });
  AnsweringService other([](const Message&) { return answer(200, kHello); });
  add("sick", sick.url());
  add("other", other.url());
  gate_.run();
  ASSERT_TRUE(soon([&] { return state("sick") != State::closed; }));
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).header("x-ostiary-service"), "other");
  EXPECT_EQ(chats, 0);
  EXPECT_EQ(service("sick").state().reason, "it did not pass its health check");
  status = 404;  // no such list, but somebody is there
  ASSERT_TRUE(soon([&] { return state("sick") == State::closed; }));
  EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).header("x-ostiary-service"), "sick");
  EXPECT_EQ(sick.seen().front().head.substr(0, 14), "GET /v1/models");
}

TEST_F(HealthTest, WhatNeverAnswersFailsItsCheckAndHoldsUpNoOther) {
  ScriptedService silent([](Wire& wire) { wire.message(), wire.closed_within(3000); });
  AnsweringService well([](const Message&) { return answer(200, R"({"data":[]})"); });
  add("silent", silent.url());
  add("closed", "http://127.0.0.1:1/v1");
  add("well", well.url());
  gate_.run();
  EXPECT_TRUE(soon([&] { return state("silent") != State::closed && state("closed") != State::closed; }));
  EXPECT_EQ(state("well"), State::closed);
  EXPECT_TRUE(soon([&] { return well.seen().size() > 10; }));
}

TEST_F(HealthTest, AReloadBeginsAndEndsChecks) {
  AnsweringService before([](const Message&) { return answer(200, "{}"); });
  AnsweringService after([](const Message&) { return answer(200, "{}"); });
  add("before", before.url());
  gate_.run();
  ASSERT_TRUE(soon([&] { return before.seen().size() > 2; }));
  gateway::Setup next = *gate_.shared().setup.get();
  auto settings = service("before").settings();
  settings.id = "after";
  settings.base_url = after.url();
  next.services = {*Service::create(settings)};
  gate_.shared().publish(std::move(next));
  ASSERT_TRUE(soon([&] { return after.seen().size() > 2; }));
  const auto seen = before.seen().size();
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(before.seen().size(), seen);
}

TEST_F(HealthTest, DrainingEndsTheChecks) {
  AnsweringService well([](const Message&) { return answer(200, "{}"); });
  add("well", well.url());
  gate_.run();
  ASSERT_TRUE(soon([&] { return well.seen().size() > 2; }));
  gate_.gate().drain();
  std::this_thread::sleep_for(100ms);
  const auto seen = well.seen().size();
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(well.seen().size(), seen);
}

}  // namespace
}  // namespace ostiary::gateway

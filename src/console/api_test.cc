#include "console/api.h"

#include <future>
#include <set>
#include <thread>

#include "base/text.h"
#include "console/impl/test_house.h"
#include "console/openapi.h"
#include "console/operation.h"
#include "ledger/record.h"

namespace ostiary::console {
namespace {

using namespace std::chrono_literals;
class ApiTest : public testing::TestHouse {
 protected:
  // So many that their turns fill the readers' lane.
  std::vector<store::KeyEntry> enough_readers() {
    std::vector<store::KeyEntry> readers;
    while (readers.size() * Api::kMostReading < Api::kMostWaiting + 3) readers.push_back(key_with({"read"}));
    return readers;
  }
};

TEST_F(ApiTest, LifeAndVersionAreToldToAnybody) {
  EXPECT_EQ(ask(request("GET", "/healthz")).at({"alive"}), "true");
  const auto version = ask(request("GET", "/api/v1/version"));
  EXPECT_EQ(version.at({"version"}), "1.2.3");
  EXPECT_EQ(version.header("Cache-Control"), "no-store");
  EXPECT_EQ(version.header("X-Content-Type-Options"), "nosniff");
}

TEST_F(ApiTest, AGateWithoutServicesOrThatClosesIsNotReadyAndSaysWhy) {
  const auto empty = ask(request("GET", "/readyz"));
  EXPECT_EQ(empty.status, 503);
  EXPECT_EQ(empty.at({"reasons"}), R"(["there is no service"])");
  gateway::Setup setup;
  gateway::ServiceSettings replay;
  replay.id = "replay";
  replay.protocol = "replay";
  setup.services.push_back(gateway::Service::create(replay).value());
  shared_.publish(std::move(setup));
  EXPECT_EQ(ask(request("GET", "/readyz")).status, 200);
  doorman_.closing = true;
  EXPECT_EQ(ask(request("GET", "/readyz")).at({"reasons"}), R"(["the gate is closing"])");
  doorman_.closing = false;
  std::filesystem::remove_all(folder_ / "ledger");
  EXPECT_EQ(ask(request("GET", "/readyz")).at({"reasons"}), R"(["the ledger cannot be written"])");
}

gateway::Setup with_replay() {
  gateway::Setup setup;
  gateway::ServiceSettings replay;
  replay.id = "replay";
  replay.protocol = "replay";
  setup.services.push_back(gateway::Service::create(replay).value());
  return setup;
}

TEST_F(ApiTest, AListThatIsFarBehindIsToldWithoutClosingTheGate) {
  shared_.publish(with_replay());
  doorman_.lag = {5, 60};
  EXPECT_EQ(ask(request("GET", "/readyz")).at({"reasons"}), "[]");
  doorman_.lag = {5, 61};
  const auto late = ask(request("GET", "/readyz"));
  EXPECT_EQ(late.status, 200);
  EXPECT_EQ(late.at({"ready"}), "true");
  EXPECT_EQ(late.at({"reasons"}), R"(["the exchange list is 61 seconds behind the ledger"])");
}

TEST_F(ApiTest, HealthShowsServicesLedgerListAndWitnesses) {
  shared_.publish(with_replay());
  doorman_.lag = {5, 1.5};
  doorman_.known_witnesses = {{"file", 2, 1, 7, 0, "no room"}};
  const auto reader = key_with({"read"});
  const auto well = ask_as(reader, "GET", "/api/v1/health");
  ASSERT_EQ(well.status, 200) << well.body;
  EXPECT_EQ(well.at({"lag", "seconds"}), "1.5");
  EXPECT_EQ(well.at({"ledger", "gap"}), "0");
  EXPECT_EQ(well.at({"ledger", "size"}), std::to_string(ledger_->size()));
  EXPECT_NE(well.at({"services"}).find(R"({"id":"replay","state":{"breaker":"closed","outstanding":0)"),
            std::string::npos);
  EXPECT_NE(well.at({"witnesses"}).find(R"("error":"no room","failed":1,"name":"file","size":7)"),
            std::string::npos);
  auto& breaker = shared_.setup.get()->services.front()->breaker();
  for (int i = 0; i < 5; ++i) breaker.failed(mono_now(), gateway::Failure::unreachable, 0, false);
  const auto ill = ask_as(reader, "GET", "/api/v1/services/replay");
  EXPECT_EQ(ill.at({"state", "breaker"}), "open");
  EXPECT_NE(ill.at({"state", "reason"}), "null");
  EXPECT_NE(ill.at({"state", "rests_ms"}), "0");
  EXPECT_EQ(ask_as(key_with({"team:blue"}), "GET", "/api/v1/health").status, 403);
}

TEST_F(ApiTest, WhoIsNotLetInLearnsNothing) {
  const auto user = key_with({"use"});
  EXPECT_EQ(ask(request("GET", "/api/v1/services")).status, 401);
  EXPECT_EQ(ask(request("GET", "/api/v1/services")).header("WWW-Authenticate"), "Bearer");
  const auto there = ask_as(user, "GET", "/api/v1/services/replay"),
             not_there = ask_as(user, "GET", "/api/v1/services/other");
  EXPECT_EQ(there.status, 403);
  EXPECT_EQ(there.body, not_there.body);
  auto wrong_key = request("GET", "/api/v1/services");
  wrong_key.key_given = true;
  EXPECT_EQ(ask(wrong_key).status, 401);
  EXPECT_EQ(ask_as(key_with({"read"}), "GET", "/api/v1/services").status, 200);
  EXPECT_EQ(ask_here("GET", "/api/v1/services").status, 200);
}

TEST_F(ApiTest, WrongPathsMethodsAndParametersAreToldApart) {
  EXPECT_EQ(ask_here("GET", "/api/v1/nothing").status, 404);
  EXPECT_EQ(ask_here("GET", "/api/v1/services/").status, 404);
  const auto method = ask_here("DELETE", "/api/v1/services");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.header("Allow"), "GET, HEAD");
  EXPECT_EQ(ask_here("GET", "/api/v1/services?x=1").status, 400);
  EXPECT_EQ(ask_here("GET", "/api/v1/services/a%00b").at({"error", "parameter"}), "id");
  EXPECT_EQ(ask_here("GET", "/api/v1/services/%ff").status, 400);
  EXPECT_EQ(ask_here("GET", "/api/v1/services", "{}").status, 400);
  EXPECT_EQ(ask_here("HEAD", "/api/v1/services").status, 200);
}

TEST_F(ApiTest, OnLoopbackOnlyNamesOfThisMachineAreHeard) {
  const auto ask_host = [this](std::string host) {
    auto asked = request("GET", "/healthz");
    asked.headers = {{"Host", std::move(host)}};
    return ask(std::move(asked)).status;
  };
  for (const auto* good : {"localhost", "127.0.0.1:8484", "[::1]:8484", "LOCALHOST:1", ""})
    EXPECT_EQ(ask_host(good), 200) << good;
  for (const auto* bad :
       {"evil.example", "evil.example:8484", "localhost.evil.example", "10.0.0.1", "[", "[]"})
    EXPECT_EQ(ask_host(bad), 421) << bad;
  backing_->hosts = {"gate.house"};
  EXPECT_EQ(ask_host("Gate.House:443"), 200);
  doorman_.remote = true;
  EXPECT_EQ(ask_host("evil.example"), 200);
}

TEST_F(ApiTest, TheDocumentHoldsEveryOperationOnceAndIsAlwaysTheSame) {
  const auto document = ask(request("GET", "/api/v1/openapi.json"));
  EXPECT_EQ(document.body, openapi("1.2.3"));
  const auto parsed = json::Document::parse(document.body);
  ASSERT_TRUE(parsed) << parsed.error().text();
  std::set<std::string> ids, ways;
  for (const auto& operation : operations()) {
    EXPECT_TRUE(ids.insert(operation.id).second) << operation.id;
    EXPECT_TRUE(ways.insert(operation.method + operation.path).second) << operation.path;
    EXPECT_FALSE(operation.summary.empty());
    const auto written = parsed->root()["paths"][operation.path][text::lower(operation.method)];
    EXPECT_EQ(written["operationId"].string_or(""), operation.id);
    EXPECT_EQ(written["parameters"].size(), operation.parameters.size());
  }
}

TEST_F(ApiTest, TheConfigurationIsShownWithWhereItIsFromAndWithoutWhatMayBeSecret) {
  EXPECT_EQ(
      ask_as(key_with({"read"}), "GET", "/api/v1/configuration").body,
      R"({"loaded":"2023-11-14T22:13:20.000Z","settings":[{"path":"listen","place":null,"source":"default","value":"127.0.0.1:8484"},)"
      R"({"path":"telemetry.headers","place":"ostiary.yaml:3:1","source":"file","value":null}]})"
      "\n");
}

TEST_F(ApiTest, AReloadIsForAdministratorsAndAWrongFileIsTold) {
  EXPECT_EQ(ask_as(key_with({"read"}), "POST", "/api/v1/configuration/reload").status, 403);
  const auto admin = key_with({"admin"});
  EXPECT_EQ(ask_as(admin, "POST", "/api/v1/configuration/reload").at({"needs_restart"}), R"(["gate.loops"])");
  EXPECT_NE(newest_record().find(R"("by":")" + admin.id), std::string::npos);
  doorman_.trouble = "unknown key 'x'";
  const auto wrong = ask_as(admin, "POST", "/api/v1/configuration/reload");
  EXPECT_EQ(wrong.status, 409);
  EXPECT_NE(wrong.at({"error", "message"}).find("ostiary.yaml:1:1: unknown key 'x'"), std::string::npos);
}

TEST_F(ApiTest, AnswersComeFromItsOwnThreadsAndTooManyAreTurnedAway) {
  std::promise<void> open;
  const auto gate = open.get_future().share();
  for (unsigned i = 0; i < Api::kThreads; ++i) ASSERT_TRUE(api_->run([gate] { gate.wait(); }));
  const auto readers = enough_readers();
  std::vector<std::future<std::uint16_t>> answers;
  for (std::size_t i = 0; i < Api::kMostWaiting + 3; ++i) {
    auto told = std::make_shared<std::promise<std::uint16_t>>();
    answers.push_back(told->get_future());
    auto asked = request_of(readers[i / Api::kMostReading], "GET", "/api/v1/services");
    api_->ask(std::move(asked),
              [told](const gateway::SideAnswer& answer) { told->set_value(answer.status); });
  }
  // What needs no thread is answered all the same.
  EXPECT_EQ(ask(request("GET", "/healthz")).status, 200);
  open.set_value();
  std::size_t good = 0, busy = 0;
  for (auto& answer : answers) (answer.get() == 200 ? good : busy) += 1;
  EXPECT_GE(busy, 3u);
  EXPECT_GE(good, Api::kMostWaiting - Api::kThreads);
}

TEST_F(ApiTest, ARevocationAndTheControlSocketWaitForNoReader) {
  const auto admin = key_with({"admin"}), leaked = key_with({"use"});
  const auto readers = enough_readers();
  std::promise<void> open;
  const auto gate = open.get_future().share();
  for (unsigned i = 0; i < Api::kThreads; ++i) ASSERT_TRUE(api_->run([gate] { gate.wait(); }));
  std::vector<std::future<Asked>> waiting;
  for (std::size_t i = 0; i < Api::kMostWaiting + 3; ++i)
    waiting.push_back(ask_in_line(request_of(readers[i / Api::kMostReading], "GET", "/api/v1/services")));
  auto revoked = ask_in_line(request_of(admin, "DELETE", "/api/v1/keys/" + leaked.id));
  auto local = request("GET", "/api/v1/keys");
  local.local = true;
  auto here = ask_in_line(std::move(local));
  const bool both =
      revoked.wait_for(5s) == std::future_status::ready && here.wait_for(5s) == std::future_status::ready;
  EXPECT_EQ(waiting.front().wait_for(0s), std::future_status::timeout);
  open.set_value();
  ASSERT_TRUE(both) << "they waited for readers";
  EXPECT_EQ(revoked.get().status, 200);
  EXPECT_EQ(here.get().status, 200);
  EXPECT_TRUE(shared_.keys.snapshot()->at(leaked.id).revoked);
}

TEST_F(ApiTest, OneKeyDoesNotFillTheLaneOfChanges) {
  const auto admin = key_with({"admin"}), other = key_with({"admin"});
  std::vector<std::future<Asked>> changes;
  const auto change = [&](const store::KeyEntry& by) {
    changes.push_back(ask_in_line(request_of(by, "POST", "/api/v1/keys", R"({"team":"t","user":"u"})")));
  };
  {
    const std::lock_guard nobody_gets_on(backing_->store_mutex);
    for (unsigned i = 0; i <= Api::kMostUrgent; ++i) change(admin);
    change(other);
    EXPECT_EQ(changes[Api::kMostUrgent].get().status, 429);
  }
  for (auto& one : changes)
    if (one.valid()) EXPECT_EQ(one.get().status, 201);
  change(admin);
  EXPECT_EQ(changes.back().get().status, 201);
}

TEST_F(ApiTest, OneKeyDoesNotFillTheLaneOfReaders) {
  const auto greedy = key_with({"read"}), other = key_with({"read"});
  std::promise<void> open;
  const auto gate = open.get_future().share();
  for (unsigned i = 0; i < Api::kThreads; ++i) ASSERT_TRUE(api_->run([gate] { gate.wait(); }));
  std::vector<std::future<Asked>> answers;
  for (unsigned i = 0; i <= Api::kMostReading; ++i)
    answers.push_back(ask_in_line(request_of(greedy, "GET", "/api/v1/services")));
  auto others = ask_in_line(request_of(other, "GET", "/api/v1/services"));
  const bool refused = answers.back().wait_for(0s) == std::future_status::ready;
  open.set_value();
  ASSERT_TRUE(refused);
  EXPECT_EQ(answers.back().get().status, 429);
  answers.pop_back();
  for (auto& one : answers) EXPECT_EQ(one.get().status, 200);
  EXPECT_EQ(others.get().status, 200);
  EXPECT_EQ(ask_in_line(request_of(greedy, "GET", "/api/v1/services")).get().status, 200);
}

// Long work stands still where it looks whether it is still wanted.
class SlowWorkTest : public ApiTest {
 protected:
  SlowWorkTest() {
    std::string line;
    ledger::append_change(line, wall_now(), "x", "y", "{}");
    ledger::Batch batch;
    batch.add(line);
    EXPECT_TRUE(ledger_->append(batch));
    doorman_.when_asked = [this, gate = open_.get_future().share()] {
      ++standing_;
      gate.wait();
    };
  }
  ~SlowWorkTest() override {
    if (!opened_) go_on();
  }
  void go_on() {
    opened_ = true;
    open_.set_value();
  }
  bool stands(int how_many) {
    for (int i = 0; i < 500 && standing_ < how_many; ++i) std::this_thread::sleep_for(10ms);
    return standing_ >= how_many;
  }
  std::promise<void> open_;
  std::atomic<int> standing_{0};
  bool opened_ = false;
};

TEST_F(SlowWorkTest, AKeyHasOneSuchRequestUnderWayAndKeepsNobodyElseWaiting) {
  const auto ada = key_with({"read"}), bob = key_with({"read"}, "blue", "bob");
  auto first = ask_in_line(request_of(ada, "GET", "/api/v1/self/kept"));
  ASSERT_TRUE(stands(1));
  const auto second = ask_in_line(request_of(ada, "GET", "/api/v1/ledger/prove?index=0")).get();
  EXPECT_EQ(second.status, 429);
  EXPECT_EQ(second.at({"error", "code"}), "too_many");
  EXPECT_EQ(second.header("Retry-After"), "1");
  auto other = ask_in_line(request_of(bob, "GET", "/api/v1/self/kept"));
  ASSERT_TRUE(stands(2)) << "another key's turn was taken";
  auto third = ask_in_line(request_of(key_with({"read"}, "blue", "eve"), "GET", "/api/v1/self/kept"));
  auto light = ask_in_line(request_of(ada, "GET", "/api/v1/services"));
  const bool at_once = light.wait_for(5s) == std::future_status::ready;
  go_on();
  EXPECT_TRUE(at_once);
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(other.get().status, 200);
  EXPECT_EQ(third.get().status, 200);
  EXPECT_EQ(ask_in_line(request_of(ada, "GET", "/api/v1/self/kept")).get().status, 200);
}

TEST_F(SlowWorkTest, WorkEndsWhenItsClientLeaves) {
  auto asked = request_of(key_with({"use"}), "GET", "/api/v1/self/kept");
  std::stop_source left;
  asked.left = left.get_token();
  auto answer = ask_in_line(std::move(asked));
  ASSERT_TRUE(stands(1));
  left.request_stop();
  go_on();
  EXPECT_EQ(answer.get().status, 503);
}

TEST_F(SlowWorkTest, WorkEndsWhenTheGateCloses) {
  const auto key = key_with({"read"});
  auto kept = ask_in_line(request_of(key, "GET", "/api/v1/self/kept"));
  ASSERT_TRUE(stands(1));
  doorman_.closing = true;
  go_on();
  const auto told = kept.get();
  EXPECT_EQ(told.status, 503);
  EXPECT_EQ(told.at({"error", "code"}), "unavailable");
  EXPECT_EQ(ask_in_line(request_of(key, "POST", "/api/v1/ledger/verify")).get().status, 503);
  EXPECT_EQ(ask_in_line(request_of(key, "GET", "/api/v1/ledger/prove?id=" + Id::make().text())).get().status,
            503);
}

TEST_F(ApiTest, AKeyThatEndedWhileItsRequestWaitedIsNotHeard) {
  const auto admin = key_with({"admin"}), other = key_with({"admin"});
  auto lock = std::unique_lock(backing_->store_mutex);
  std::vector<std::future<Asked>> before;
  for (unsigned i = 0; i < Api::kThreads; ++i)
    before.push_back(ask_in_line(request_of(other, "DELETE", "/api/v1/keys/" + admin.id)));
  auto late = ask_in_line(request_of(admin, "POST", "/api/v1/keys", R"({"team":"t","user":"u"})"));
  lock.unlock();
  EXPECT_EQ(late.get().status, 401);
}

}  // namespace
}  // namespace ostiary::console

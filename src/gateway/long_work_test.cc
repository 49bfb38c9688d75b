#include "gateway/long_work.h"

#include <chrono>
#include <future>
#include <gtest/gtest.h>

#include "gateway/impl/test_gate.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// Something that work on other threads waits for.
class Gong {
 public:
  void strike() { promise_.set_value(); }
  // False: it was not struck, or `stop` says so.
  bool wait(const std::stop_token& stop) const {
    for (int i = 0; i < 5000 && !stop.stop_requested(); ++i)
      if (future_.wait_for(1ms) == std::future_status::ready) return true;
    return false;
  }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

using Ended = std::pair<std::string, LongWork::End>;

class LongWorkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = net::Loop::create();
    ASSERT_TRUE(made);
    loop_ = std::move(*made);
  }
  net::Task<void> give(std::string caller, std::string name, LongWork::Job job) {
    const auto end = co_await work_->run(*loop_, nullptr, std::move(caller), std::move(job));
    ended_.emplace_back(name, end);
    if (on_end_) on_end_(name);
    if (--left_ == 0) loop_->stop();
  }
  void start(const std::string& caller, const std::string& name, LongWork::Job job) {
    ++left_;
    net::spawn(give(caller, name, std::move(job)));
  }
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<LongWork> work_;
  std::vector<Ended> ended_;
  std::function<void(const std::string&)> on_end_;
  int left_ = 0;
};

TEST_F(LongWorkTest, OneCallerLeavesAThreadForTheOthers) {
  work_ = std::make_unique<LongWork>(LongWork::Settings{.threads = 2});
  Gong gong;
  const auto waits = [&](const std::stop_token& stop) { EXPECT_TRUE(gong.wait(stop)); };
  for (const char* name : {"a1", "a2", "a3"}) start("a", name, waits);
  start("b", "b1", [&](const std::stop_token&) { gong.strike(); });
  loop_->run();
  ASSERT_EQ(ended_.size(), 4u);
  for (const auto& [name, end] : ended_) EXPECT_EQ(end, LongWork::End::done) << name;
}

TEST_F(LongWorkTest, TooMuchThatWaitsIsTurnedAway) {
  work_ = std::make_unique<LongWork>(LongWork::Settings{.threads = 1, .most_waiting = 1});
  Gong gong, begun;
  start("a", "first", [&](const std::stop_token& stop) {
    begun.strike();
    EXPECT_TRUE(gong.wait(stop));
  });
  EXPECT_TRUE(begun.wait({}));
  start("b", "second", [](const std::stop_token&) {});
  start("c", "third", [](const std::stop_token&) {});
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_EQ(ended_.front(), Ended("third", LongWork::End::busy));
  gong.strike();
  loop_->run();
  EXPECT_EQ(ended_.back(), Ended("second", LongWork::End::done));
}

TEST_F(LongWorkTest, WorkThatWaitsTooLongNeverBegins) {
  work_ = std::make_unique<LongWork>(LongWork::Settings{.threads = 1, .patience_ms = 20});
  Gong gong;
  start("a", "first", [&](const std::stop_token& stop) { EXPECT_TRUE(gong.wait(stop)); });
  on_end_ = [&](const std::string& name) {
    if (name == "second") gong.strike();
  };
  start("b", "second", [](const std::stop_token&) { ADD_FAILURE() << "it began"; });
  loop_->run();
  EXPECT_EQ(ended_.front(), Ended("second", LongWork::End::busy));
  EXPECT_EQ(ended_.back(), Ended("first", LongWork::End::done));
  EXPECT_EQ(work_->waiting(), 0u);
}

TEST_F(LongWorkTest, WithoutMemoryItSaysSo) {
  work_ = std::make_unique<LongWork>(LongWork::Settings{.threads = 1});
  start("a", "first", [](const std::stop_token&) { throw std::bad_alloc(); });
  loop_->run();
  EXPECT_EQ(ended_.front().second, LongWork::End::failed);
}

// A gate of one loop, for which what holds LONG takes long.
class LongInspectionTest : public ::testing::Test {
 protected:
  LongInspectionTest() {
    gate_.add_service("far", service_.url());
    gate_.settings().loops = 1;
    gate_.steps().takes_long_ = [](const Exchange& x) { return x.body.contains("LONG"); };
    gate_.steps().long_inspection = [this](const Exchange&, const std::stop_token& stop) {
      begun_.strike();
      struck_ = gong_.wait(stop);
    };
  }
  AnsweringService service_{[](const Message&) { return answer(200, kHello); }};
  Gong begun_, gong_;
  std::atomic<bool> struck_{false};
  TestGate gate_;
  static constexpr std::string_view kLong = R"({"model":"m","messages":[{"role":"user","content":"LONG"}]})";
};

TEST_F(LongInspectionTest, OtherExchangesOfTheLoopGoOnMeanwhile) {
  gate_.run();
  Wire slow = gate_.connect();
  slow.send(gate_.chat(kLong));
  ASSERT_TRUE(begun_.wait({}));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(gate_.ask(gate_.chat(kAsk)).status, 200);
  EXPECT_EQ(service_.connections() > 0, true);
  EXPECT_EQ(service_.seen().size(), 20u);
  gong_.strike();
  EXPECT_EQ(slow.message().status, 200);
  EXPECT_TRUE(struck_);
  EXPECT_EQ(service_.seen().size(), 21u);
}

TEST_F(LongInspectionTest, AClientThatLeavesEndsIt) {
  gate_.run();
  Wire slow = gate_.connect();
  slow.send(gate_.chat(kLong));
  ASSERT_TRUE(begun_.wait({}));
  slow.close();
  const auto record = gate_.outcome();
  EXPECT_EQ(record->text("outcome"), "cancelled");
  EXPECT_FALSE(struck_);
  EXPECT_EQ(service_.connections(), 0);
}

TEST_F(LongInspectionTest, AGateThatStopsEndsItAndSendsNothing) {
  gate_.run();
  Wire slow = gate_.connect();
  slow.send(gate_.chat(kLong));
  ASSERT_TRUE(begun_.wait({}));
  gate_.stop();
  EXPECT_FALSE(struck_);
  EXPECT_EQ(service_.connections(), 0);
}

TEST_F(LongInspectionTest, ALargeBodyIsReadAwayFromTheLoopWithTheSameVerdict) {
  gate_.run();
  const std::string large = R"({"model":"m","x":")" + std::string(3u << 20, 'a');
  EXPECT_EQ(gate_.ask(gate_.chat(large + "\"}")).status, 200);
  const auto refused = gate_.ask(gate_.chat(large + "}"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("invalid_json"), std::string::npos);
}

}  // namespace
}  // namespace ostiary::gateway

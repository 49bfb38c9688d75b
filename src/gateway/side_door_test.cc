#include "gateway/side_door.h"

#include <gtest/gtest.h>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/impl/test_gate.h"

namespace ostiary::gateway::testing {
namespace {

// Answers on a thread of its own, as the API does.
class Echo final : public SideDoor {
 public:
  ~Echo() override {
    for (auto& thread : threads_) thread.join();
  }
  bool serves(std::string_view path) const override { return path.starts_with("/api/"); }
  std::size_t most_body(const SideRequest& head) const override {
    return head.caller && head.path == "/api/large" ? 3 * kMostBody : kMostBody;
  }
  std::string refusal(std::string_view code, std::string_view) const override {
    return "turned away: " + std::string(code);
  }
  void ask(SideRequest request, std::function<void(SideAnswer)> done) override {
    const std::lock_guard lock(mutex_);
    if (request.path == "/api/wait") {
      waits_.push_back({request.left, std::move(done)});
      return;
    }
    threads_.emplace_back([request = std::move(request), done = std::move(done)] {
      SideAnswer answer;
      answer.status = request.key_given && !request.caller ? 401 : 200;
      answer.body = request.method + " " + request.path + " " + request.query + " " + request.body + " " +
                    (request.caller ? request.caller->team : "nobody") + " " + request.header("x-test") +
                    request.header("authorization");
      if (request.path == "/api/stream") answer.stream = std::make_shared<Numbers>();
      done(std::move(answer));
    });
  }

  bool waits() {
    const std::lock_guard lock(mutex_);
    return !waits_.empty();
  }
  bool left() {
    const std::lock_guard lock(mutex_);
    return !waits_.empty() && waits_.back().left.stop_requested();
  }

 private:
  struct Wait {
    std::stop_token left;
    std::function<void(SideAnswer)> done;
  };
  struct Numbers final : SideStream {
    int n = 0;
    void next(std::function<void(std::string)> ready) override {
      ready(++n > 3 ? std::string() : "data: " + std::to_string(n) + "\n\n");
    }
  };
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::vector<Wait> waits_;
};

bool soon(const std::function<bool()>& so) {
  for (int i = 0; i < 500 && !so(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return so();
}

struct SideDoorTest : ::testing::Test {
  SideDoorTest() {
    gate.shared().side_door = &echo;
    gate.run();
  }
  Echo echo;
  TestGate gate;
};

TEST_F(SideDoorTest, ARequestGoesAsideWithItsCallerAndWithoutItsKey) {
  const auto answer =
      gate.ask("POST /api/v1/x?a=b HTTP/1.1\r\nHost: g\r\nx-test: t\r\nContent-Length: 4\r\n" +
               gate.authorization() + "\r\nbody");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "POST /api/v1/x a=b body team t");
  EXPECT_FALSE(answer.header("x-ostiary-id").empty());
}

TEST_F(SideDoorTest, NoKeyIsNeededAndAWrongOneIsTold) {
  EXPECT_EQ(gate.ask("GET /api/v1/x HTTP/1.1\r\nHost: g\r\n\r\n").body, "GET /api/v1/x   nobody ");
  EXPECT_EQ(gate.ask("GET /api/v1/x HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer ost_x\r\n\r\n").status, 401);
}

TEST_F(SideDoorTest, AStreamGoesOutPieceByPiece) {
  const auto answer = gate.ask("GET /api/stream HTTP/1.1\r\nHost: g\r\n\r\n");
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.body, "data: 1\n\ndata: 2\n\ndata: 3\n\n");
}

TEST_F(SideDoorTest, WhoAnswersIsToldThatTheClientLeft) {
  auto client = gate.connect();
  client.send("GET /api/wait HTTP/1.1\r\nHost: g\r\n\r\n");
  ASSERT_TRUE(soon([this] { return echo.waits(); }));
  EXPECT_FALSE(echo.left());
  client.close();
  EXPECT_TRUE(soon([this] { return echo.left(); }));
}

TEST_F(SideDoorTest, WhoAnswersIsToldThatTheGateStops) {
  auto client = gate.connect();
  client.send("GET /api/wait HTTP/1.1\r\nHost: g\r\n\r\n");
  ASSERT_TRUE(soon([this] { return echo.waits(); }));
  gate.stop();
  EXPECT_TRUE(echo.left());
}

TEST_F(SideDoorTest, ABodyOverTheLimitIsRefusedAndNothingOfItIsAnExchange) {
  const auto answer = gate.ask("POST /api/v1/x HTTP/1.1\r\nHost: g\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "turned away: body_too_large") << "in the form of whom it was for";
  gate.stop();
  for (const auto& line : gate.records()) EXPECT_EQ(line.find("\"outcome\""), std::string::npos) << line;
}

TEST_F(SideDoorTest, ALargeBodyComesInWhereTheDoorTakesItOfThisCaller) {
  const std::string body(2 * SideDoor::kMostBody, 'x');
  const auto head = [&](std::string_view path) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: g\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  };
  const auto taken = gate.ask(head("/api/large") + gate.authorization() + "\r\n" + body);
  EXPECT_EQ(taken.status, 200);
  EXPECT_GT(taken.body.size(), body.size());
  EXPECT_EQ(gate.ask(head("/api/large") + "\r\n" + body).status, 413) << "of nobody";
  EXPECT_EQ(gate.ask(head("/api/other") + gate.authorization() + "\r\n" + body).status, 413);
}

}  // namespace
}  // namespace ostiary::gateway::testing

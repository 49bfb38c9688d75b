#include "watch/webhooks.h"

#include <arpa/inet.h>
#include <atomic>
#include <condition_variable>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "base/testing.h"
#include "json/document.h"
#include "store/store.h"

namespace ostiary::watch {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// A receiver on one thread, a connection at a time; `status` 0: it takes a request and never answers.
class Receiver {
 public:
  struct Got {
    std::string head, body;
    std::string header(const std::string& name) const {
      const auto at = head.find("\r\n" + name + ": ");
      if (at == std::string::npos) return "";
      const auto from = at + name.size() + 4;
      return head.substr(from, head.find("\r\n", from) - from);
    }
  };
  explicit Receiver(int status = 204, std::string more = "") : status(status), more_(std::move(more)) {
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Receiver() {
    ending_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    const int open = open_.load();
    if (open >= 0) ::shutdown(open, SHUT_RDWR);
    thread_.join();
  }
  net::Url url() const { return *net::parse_url("http://127.0.0.1:" + std::to_string(port_) + "/in/t0p"); }
  std::vector<Got> wait_for(std::size_t count, std::chrono::milliseconds at_most = 10s) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most, [&] { return got_.size() >= count; });
    return got_;
  }
  std::atomic<int> status;

 private:
  void run() {
    while (!ending_) {
      const Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      open_ = fd.get();
      while (serve(fd.get())) {
      }
      open_ = -1;
    }
  }
  bool serve(int fd) {
    std::string bytes;
    char buffer[65536];
    for (;;) {
      const auto end = bytes.find("\r\n\r\n");
      if (end != std::string::npos) {
        Got got{bytes.substr(0, end + 2), bytes.substr(end + 4)};
        if (got.body.size() >= std::stoul(got.header("Content-Length"))) {
          {
            const std::lock_guard lock(mutex_);
            got_.push_back(std::move(got));
          }
          changed_.notify_all();
          return answer(fd);
        }
      }
      const auto n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) return false;
      bytes.append(buffer, static_cast<std::size_t>(n));
    }
  }
  bool answer(int fd) {
    char buffer[64];
    if (status == 0) return ::recv(fd, buffer, sizeof buffer, 0) > 0;
    const auto text = "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: 0\r\n" + more_ + "\r\n";
    return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) > 0;
  }
  std::string more_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> open_ = -1;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Got> got_;
  std::thread thread_;
};

SigningSecret secret(char c) {
  return *SigningSecret::parse(Secret(std::string("whsec") + "_" + base64(std::string(32, c))));
}

HookSettings hook(const Receiver& receiver, std::string name = "chat") {
  HookSettings settings;
  settings.name = std::move(name);
  settings.url = receiver.url();
  settings.secrets = {secret('a')};
  settings.events = {"question.asked"};
  return settings;
}

Event asked(int n) {
  return {.type = "question.asked",
          .data = R"({"question":"Q-)" + std::to_string(n) + "\"}",
          .at = wall_now(),
          .id = "msg_" + std::to_string(n)};
}

class WebhooksTest : public ::testing::Test {
 protected:
  WebhooksTest() {
    EXPECT_TRUE(store::open_sqlite(folder_ / "store.sqlite"));
    open();
  }
  void open(store::HookQueue::Limits limits = {}) {
    hooks_.reset();
    hooks_ = std::make_unique<Webhooks>(open_queue(folder_.path(), limits).value());
  }
  HookState state(const std::string& name = "chat") {
    const auto states = hooks_->states();
    EXPECT_TRUE(states);
    for (const auto& one : *states)
      if (one.name == name) return one;
    return {};
  }
  template <class Done>
  static bool eventually(Done done, std::chrono::milliseconds at_most = 10s) {
    for (const auto until = std::chrono::steady_clock::now() + at_most;
         std::chrono::steady_clock::now() < until; std::this_thread::sleep_for(5ms))
      if (done()) return true;
    return done();
  }
  testing::TempFolder folder_;
  std::unique_ptr<Webhooks> hooks_;
};

std::vector<std::string> ids(const std::vector<Receiver::Got>& all) {
  std::vector<std::string> out;
  for (const auto& got : all) out.push_back(got.header("webhook-id"));
  return out;
}

TEST_F(WebhooksTest, DeliversInOrderSignedAndForgetsWhatWasTaken) {
  Receiver receiver;
  auto settings = hook(receiver);
  settings.secrets.push_back(secret('b'));
  hooks_->replace({settings});
  for (int n = 1; n <= 3; ++n) ASSERT_TRUE(hooks_->put(asked(n)));
  const auto got = receiver.wait_for(3);
  EXPECT_THAT(ids(got), ElementsAre("msg_1", "msg_2", "msg_3"));
  ASSERT_TRUE(got[0].head.starts_with("POST /in/t0p HTTP/1.1\r\n"));
  EXPECT_EQ(got[0].header("Content-Type"), "application/json");
  for (const auto key : {'a', 'b'}) {
    const SigningSecret one[] = {secret(key)};
    EXPECT_TRUE(verify_standard(one, "msg_1", got[0].header("webhook-timestamp"),
                                got[0].header("webhook-signature"), got[0].body, wall_now()));
  }
  const auto document = json::Document::parse(got[0].body);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root()["data"]["question"].string_or(""), "Q-1");
  EXPECT_TRUE(eventually([&] { return state().waiting == 0 && state().delivered == 3; }));
}

TEST_F(WebhooksTest, GoesToWhoChoseItsTypeOrIsNamed) {
  Receiver chat, legal;
  auto other = hook(legal, "legal");
  other.events = {"policy.changed"};
  hooks_->replace({hook(chat), other});
  ASSERT_TRUE(hooks_->put(asked(1)));
  ASSERT_TRUE(
      hooks_->put({.type = "exchange.notice", .data = "{}", .at = 1, .id = "msg_2", .hook = "legal"}));
  EXPECT_THAT(ids(legal.wait_for(1)), ElementsAre("msg_2"));
  EXPECT_THAT(ids(chat.wait_for(1)), ElementsAre("msg_1"));
  EXPECT_EQ(hooks_->put({.type = "exchange.notice", .data = "{}", .at = 1, .id = "", .hook = "nobody"})
                .error()
                .code,
            Code::not_found);
  EXPECT_EQ(hooks_->put({.type = "question", .data = "{}", .at = 1}).error().code, Code::invalid);
  EXPECT_EQ(
      hooks_->put({.type = "question.asked", .data = std::string(kMostData + 1, ' '), .at = 1}).error().code,
      Code::too_large);
}

TEST_F(WebhooksTest, NothingIsLostWhileTheReceiverIsDownAndTheOrderStays) {
  Receiver receiver(503);
  hooks_->replace({hook(receiver)});
  for (int n = 1; n <= 3; ++n) ASSERT_TRUE(hooks_->put(asked(n)));
  receiver.wait_for(1);
  ASSERT_TRUE(eventually([&] { return state().attempts == 1; }));
  EXPECT_EQ(state().error, "it answered 503 Service Unavailable");
  EXPECT_EQ(state().waiting, 3U);
  open();  // another start
  receiver.status = 200;
  hooks_->replace({hook(receiver)});
  const auto got = receiver.wait_for(4);
  EXPECT_THAT(ids(got), ElementsAre("msg_1", "msg_1", "msg_2", "msg_3"));
  EXPECT_EQ(got[0].body, got[1].body) << "the same event each time";
  EXPECT_TRUE(eventually([&] { return state().waiting == 0; }));
}

TEST_F(WebhooksTest, AReceiverThatNeverAnswersHoldsNothingUpNeitherOthersNorTheEnd) {
  Receiver silent(0), other;
  hooks_->replace({hook(silent), hook(other, "other")});
  const auto begun = std::chrono::steady_clock::now();
  for (int n = 1; n <= 20; ++n) ASSERT_TRUE(hooks_->put(asked(n)));
  EXPECT_EQ(other.wait_for(20).size(), 20U);
  silent.wait_for(1);
  hooks_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 8s) << "an attempt may take fifteen";
}

TEST_F(WebhooksTest, ARedirectIsNotFollowed) {
  Receiver elsewhere;
  Receiver receiver(
      307, "Location: " + std::string("http://127.0.0.1:") + std::to_string(elsewhere.url().port) + "/\r\n");
  hooks_->replace({hook(receiver)});
  ASSERT_TRUE(hooks_->put(asked(1)));
  ASSERT_TRUE(eventually([&] { return state().attempts == 1; }));
  EXPECT_EQ(state().error, "it answered 307 Temporary Redirect");
  EXPECT_TRUE(elsewhere.wait_for(1, 100ms).empty());
}

TEST_F(WebhooksTest, IsGivenUpAfterItsTimeAndShownAndDeliveredWhenSomebodySaysSo) {
  Receiver receiver(400);
  auto settings = hook(receiver);
  settings.give_up_ms = 0;
  hooks_->replace({settings});
  ASSERT_TRUE(hooks_->put(asked(1)));
  ASSERT_TRUE(eventually([&] { return state().dead == 1; }));
  EXPECT_EQ(state().waiting, 0U);
  const auto dead = hooks_->dead("chat", 0, 10).value();
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].error, "it answered 400 Bad Request");
  EXPECT_EQ(hooks_->dead("nobody", 0, 10).error().code, Code::not_found);
  receiver.status = 200;
  hooks_->replace({hook(receiver)});
  ASSERT_TRUE(hooks_->revive("chat", "msg_1"));
  EXPECT_THAT(ids(receiver.wait_for(2)), ElementsAre("msg_1", "msg_1"));
  EXPECT_TRUE(eventually([&] { return state().waiting + state().dead == 0; }));
}

TEST_F(WebhooksTest, AnEventThatIsRefusedAFewTimesIsGivenUpAndHoldsUpNoOther) {
  Receiver receiver(404);
  auto settings = hook(receiver);
  settings.most_refusals = 2;
  hooks_->replace({settings});
  ASSERT_TRUE(hooks_->put(asked(1)));
  ASSERT_TRUE(eventually([&] { return state().attempts == 1; }));
  EXPECT_EQ(state().dead, 0U) << "one refusal may be an accident";
  ASSERT_TRUE(hooks_->put(asked(2)));
  ASSERT_TRUE(eventually([&] { return state().dead == 1; }));
  EXPECT_EQ(hooks_->dead("chat", 0, 10).value()[0].error, "it answered 404 Not Found");
  EXPECT_THAT(ids(receiver.wait_for(3)), ElementsAre("msg_1", "msg_1", "msg_2"));
}

TEST_F(WebhooksTest, WhatAReceiverCannotTakeNowIsNoRefusal) {
  for (const int status : {302, 408, 425, 429, 500, 503}) {
    Receiver receiver(status);
    const auto name = "s" + std::to_string(status);
    auto settings = hook(receiver, name);
    settings.most_refusals = 1;
    hooks_->replace({settings});
    ASSERT_TRUE(hooks_->put(asked(status)));
    ASSERT_TRUE(eventually([&] { return state(name).attempts == 1; })) << status;
    EXPECT_EQ(state(name).dead, 0U) << status;
    EXPECT_EQ(state(name).waiting, 1U) << status;
    hooks_->replace({});
  }
}

TEST_F(WebhooksTest, WhatWaitsForAHookThatIsNotThereAnyMoreStaysUntilItIsBack) {
  Receiver receiver(503);
  hooks_->replace({hook(receiver)});
  ASSERT_TRUE(hooks_->put(asked(1)));
  receiver.wait_for(1);
  hooks_->replace({});
  EXPECT_EQ(state().origin, "");
  EXPECT_EQ(state().waiting, 1U);
  receiver.status = 200;
  hooks_->replace({hook(receiver)});
  receiver.wait_for(2);
  EXPECT_TRUE(eventually([&] { return state().waiting == 0; }));
}

TEST_F(WebhooksTest, AFullHookIsToldHowManyItMissed) {
  open({.waiting = 2, .dead = 1, .seen = 1});
  Receiver receiver(503);
  hooks_->replace({hook(receiver)});
  for (int n = 1; n <= 5; ++n) ASSERT_TRUE(hooks_->put(asked(n))) << "others are not to suffer";
  receiver.wait_for(1);
  EXPECT_EQ(state().missed, 3U);
  receiver.status = 200;
  hooks_->replace({hook(receiver)});
  const auto got = receiver.wait_for(4);
  ASSERT_EQ(got.size(), 4U);
  const auto document = json::Document::parse(got[3].body);
  ASSERT_TRUE(document) << got[3].body;
  EXPECT_EQ(document->root()["type"].string_or(""), "webhook.gap");
  EXPECT_EQ(document->root()["data"]["events"].as_uint(), 3U);
}

TEST_F(WebhooksTest, AnEventThatCannotBeToldHoldsUpNoOtherOfItsSource) {
  Receiver receiver;
  hooks_->replace({hook(receiver)});
  auto large = asked(1), unknown = asked(2);
  large.data = "{\"text\":\"" + std::string(kMostData, 'x') + "\"}";
  unknown.type = "question.unknown";
  EXPECT_EQ(hooks_->put(large).error().code, Code::too_large);
  EXPECT_EQ(hooks_->put(unknown).error().code, Code::invalid);
  const std::vector<Event> events = {large, unknown, asked(3)};
  ASSERT_TRUE(hooks_->put_from({"ledger", 7}, events));
  EXPECT_THAT(ids(receiver.wait_for(1)), ElementsAre("msg_3"));
  EXPECT_EQ(hooks_->queue().position("ledger").value(), 7U);
}

TEST_F(WebhooksTest, ShowsOfAUrlItsOriginAlone) {
  Receiver receiver(503);
  hooks_->replace({hook(receiver)});
  EXPECT_EQ(state().origin, "http://127.0.0.1:" + std::to_string(receiver.url().port));
}

}  // namespace
}  // namespace ostiary::watch

// Answers on their way through a running gate: streams, clients that leave or are slow, examination.

#include <chrono>
#include <future>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <zlib.h>

#include "gateway/impl/test_gate.h"

namespace ostiary::gateway {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr std::string_view kEvent =
    "data: {\"choices\":[{\"delta\":{\"content\":\"Gr\xc3\xbc\xc3\x9f\"}}]}\n\n";
constexpr std::string_view kUsage =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n";
constexpr std::string_view kDone = "data: [DONE]\n\n";

// A service that answers each request with a stream's head and then does what `then` says.
ScriptedService::Script streaming(std::function<void(Wire&)> then) {
  return [then = std::move(then)](Wire& wire) {
    if (wire.message().head.empty()) return;
    wire.send(kStreamHead);
    then(wire);
  };
}

class StreamTest : public ::testing::Test {
 protected:
  // The gate before one service.
  Message ask_stream(const ScriptedService& service) {
    gate_.add_service("far", service.url());
    gate_.run();
    return gate_.ask(gate_.chat(kAskStream));
  }
  TestGate gate_;
};

TEST_F(StreamTest, AStreamArrivesWholeWhereverItIsCut) {
  const std::string all = ": ping\r\n\r\n" + std::string(kEvent) + std::string(kUsage) + std::string(kDone);
  ScriptedService service(streaming([&](Wire& wire) {
    for (const char c : all) wire.send(chunk(std::string(1, c)));
    wire.send(chunk(""));
  }));
  const auto answered = ask_stream(service);
  EXPECT_EQ(answered.status, 200);
  EXPECT_TRUE(answered.whole);
  EXPECT_EQ(answered.body, all);
  const auto record = gate_.outcome(answered);
  EXPECT_EQ(record->text("outcome"), "complete");
  EXPECT_EQ((*record)["usage"]["input"].as_uint(), 7u);
  EXPECT_EQ((*record)["usage"]["output"].as_uint(), 2u);
  EXPECT_EQ((*record)["response_bytes"].as_uint(), all.size());
}

TEST_F(StreamTest, AnEventArrivesWithoutWaitingForTheNext) {
  std::promise<void> seen;
  ScriptedService service(streaming([&](Wire& wire) {
    wire.send(chunk(kEvent));
    if (seen.get_future().wait_for(5s) != std::future_status::ready) return;
    wire.send(chunk(kDone) + chunk(""));
  }));
  gate_.add_service("far", service.url());
  gate_.run();
  Wire client = gate_.connect();
  client.send(gate_.chat(kAskStream));
  EXPECT_TRUE(client.until(kEvent));
  seen.set_value();
  EXPECT_TRUE(client.until(kDone));
}

TEST_F(StreamTest, AStreamThatIsCutEndsWithAnErrorEventAndNoMadeUpEnd) {
  ScriptedService service(streaming([](Wire& wire) { wire.send(chunk(kEvent) + chunk("data: {\"unfini")); }));
  const auto answered = ask_stream(service);
  EXPECT_TRUE(answered.whole);
  EXPECT_TRUE(answered.body.starts_with(kEvent));
  EXPECT_NE(answered.body.find("\n\ndata: {\"error\":{\"code\":\"stream_truncated\""), std::string::npos)
      << answered.body;
  EXPECT_EQ(answered.body.find("[DONE]"), std::string::npos);
  const auto record = gate_.outcome(answered);
  EXPECT_EQ(record->text("outcome"), "truncated");
  EXPECT_EQ(record->text("error"), "stream_truncated");
}

TEST_F(StreamTest, AProperlyFramedStreamWithoutItsEndMarkerIsTruncatedToo) {
  ScriptedService service(streaming([](Wire& wire) { wire.send(chunk(kEvent) + chunk("")); }));
  const auto answered = ask_stream(service);
  EXPECT_NE(answered.body.find("stream_truncated"), std::string::npos);
  EXPECT_EQ(gate_.outcome(answered)->text("outcome"), "truncated");
}

TEST_F(StreamTest, AStreamOfAnUnknownProtocolThatIsCutIsTruncated) {
  gate_.settings().pass_through = true;
  ScriptedService service(streaming([](Wire& wire) { wire.send(chunk("data: x\n\n")); }));
  gate_.add_service("far", service.url());
  gate_.run();
  const auto answered = gate_.ask(post("/v1/other", kAskStream, gate_.authorization()));
  EXPECT_EQ(gate_.outcome(answered)->text("outcome"), "truncated");
}

TEST_F(StreamTest, AnErrorEventOfTheServicePassesAndIsRecorded) {
  const std::string event = "data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
  ScriptedService service(streaming([&](Wire& wire) { wire.send(chunk(event) + chunk("")); }));
  const auto answered = ask_stream(service);
  EXPECT_EQ(answered.body, event);
  EXPECT_EQ(gate_.outcome(answered)->text("outcome"), "failed");
}

TEST_F(StreamTest, ASlowReaderSlowsTheServiceDown) {
  constexpr std::size_t events = 1500;
  const std::string event = "data: {\"x\":\"" + std::string(32'000, 'y') + "\"}\n\n";
  std::promise<std::size_t> blocked;
  ScriptedService service(streaming([&](Wire& wire) {
    const timeval patience{0, 700'000};
    ::setsockopt(wire.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    bool told = false;
    std::size_t sent = 0;
    const auto put = [&](std::string_view bytes) {
      while (!bytes.empty()) {
        const auto n = ::send(wire.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
          if (!std::exchange(told, true)) blocked.set_value(sent);
          continue;
        }
        if (n <= 0) return;
        sent += static_cast<std::size_t>(n);
        bytes.remove_prefix(static_cast<std::size_t>(n));
      }
    };
    for (std::size_t i = 0; i < events; ++i) put(chunk(event));
    put(chunk(kDone) + chunk(""));
    if (!told) blocked.set_value(sent);
  }));
  gate_.add_service("far", service.url());
  gate_.run();
  Wire client = gate_.connect(4096);
  client.send(gate_.chat(kAskStream));
  auto taken = blocked.get_future();
  ASSERT_EQ(taken.wait_for(30s), std::future_status::ready);
  // What the system's buffers of two connections hold, and next to nothing within the gate.
  EXPECT_LT(taken.get(), 24u << 20);
  const auto answered = client.message();
  EXPECT_TRUE(answered.whole);
  EXPECT_EQ(answered.body.size(), events * event.size() + kDone.size());
  EXPECT_EQ(gate_.outcome(answered)->text("outcome"), "complete");
}

// --- clients that leave

// Whether the service's connection is closed within 100 ms after the client left: `before` runs at the
// service before that.
bool cancels(TestGate& gate, std::string_view body, const std::function<void(Wire&)>& before,
             std::string_view await) {
  std::promise<void> ready, left;
  std::promise<bool> closed;
  ScriptedService service([&](Wire& wire) {
    if (wire.message().head.empty()) return;
    before(wire);
    ready.set_value();
    left.get_future().wait();
    closed.set_value(wire.closed_within(100));
  });
  gate.add_service("far", service.url());
  gate.run();
  Wire client = gate.connect();
  client.send(gate.chat(body));
  if (ready.get_future().wait_for(5s) != std::future_status::ready) return false;
  if (!await.empty()) EXPECT_TRUE(client.until(await));
  client.close();
  left.set_value();
  return closed.get_future().get();
}

TEST_F(StreamTest, AClientThatLeavesBeforeTheFirstByteCancelsAtOnce) {
  EXPECT_TRUE(cancels(gate_, kAskStream, [](Wire&) {}, ""));
  const auto record = gate_.outcome();
  EXPECT_EQ(record->text("outcome"), "cancelled");
  EXPECT_EQ(record->text("error"), "client_left");
  EXPECT_EQ((*record)["status"].as_uint().value_or(0), 0u);
}

TEST_F(StreamTest, AClientThatLeavesARequestWithoutStreamCancelsAtOnce) {
  EXPECT_TRUE(cancels(
      gate_, kAsk,
      [](Wire& wire) {
        wire.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{");
      },
      ""));
  EXPECT_EQ(gate_.outcome()->text("outcome"), "cancelled");
}

TEST_F(StreamTest, AClientThatLeavesMidStreamCancelsAtOnce) {
  const auto some = [](Wire& wire) { wire.send(std::string(kStreamHead) + chunk(kEvent)); };
  EXPECT_TRUE(cancels(gate_, kAskStream, some, kEvent));
  const auto record = gate_.outcome();
  EXPECT_EQ(record->text("outcome"), "cancelled");
  EXPECT_EQ((*record)["response_bytes"].as_uint(), kEvent.size());
}

// --- packed answers

std::string gzip(std::string_view text) {
  z_stream z{};
  EXPECT_EQ(::deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(::deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  ::deflateEnd(&z);
  return out;
}

// The last bytes of a packed body unpack to nothing.
TEST_F(StreamTest, APackedAnswerIsUnpackedAndItsEndIsNotWaitedFor) {
  const auto packed = gzip(kHello);
  ScriptedService service([&](Wire& wire) {
    if (wire.message().head.empty()) return;
    wire.send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: " +
        std::to_string(packed.size()) + "\r\n\r\n" + packed.substr(0, packed.size() - 8));
    std::this_thread::sleep_for(50ms);
    wire.send(packed.substr(packed.size() - 8));
    wire.closed_within(3000);
  });
  gate_.add_service("far", service.url());
  gate_.run();
  const auto begun = std::chrono::steady_clock::now();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body, kHello);
  EXPECT_EQ(answered.header("content-encoding"), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
}

TEST_F(StreamTest, AnAnswerThatUnpacksToVeryMuchArrivesWholeAndTheGateKeepsLittleOfIt) {
  constexpr std::size_t size = 48u << 20;
  const auto packed = gzip(std::string(size, ' '));
  ScriptedService service([&](Wire& wire) {
    if (wire.message().head.empty()) return;
    wire.send(answer(200, packed, "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"));
    wire.closed_within(10'000);
  });
  gate_.settings().max_response_copy_bytes = 64 * 1024;
  gate_.add_service("far", service.url());
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_TRUE(answered.whole);
  EXPECT_EQ(answered.body.size(), size);
}

// --- examine

// Takes every "foo" out, wherever the bytes were cut.
class FooExamination final : public Examination {
 public:
  void feed(std::string_view bytes, std::string& settled) override {
    held_ += bytes;
    for (auto at = held_.find("foo"); at != std::string::npos; at = held_.find("foo")) {
      held_.replace(at, 3, "[-]");
      ++found_;
    }
    const auto keep = std::min<std::size_t>(2, held_.size());
    settled.append(held_, 0, held_.size() - keep);
    held_.erase(0, held_.size() - keep);
  }
  void finish(bool, std::string& settled) override { settled += std::exchange(held_, {}); }
  std::vector<inspect::Finding> findings() const override {
    inspect::Finding finding;
    finding.detector = "foo";
    finding.klass = inspect::Class::marker;
    return std::vector<inspect::Finding>(static_cast<std::size_t>(found_), finding);
  }

 private:
  std::string held_;
  int found_ = 0;
};

std::string without_foo(std::string text) {
  for (auto at = text.find("foo"); at != std::string::npos; at = text.find("foo")) text.replace(at, 3, "[-]");
  return text;
}

class ExaminedTest : public StreamTest {
 protected:
  void SetUp() override {
    gate_.steps().examination = [] { return std::make_unique<FooExamination>(); };
  }
  void expect_examined(const Message& answered, const std::string& original, std::size_t findings) {
    EXPECT_TRUE(answered.whole);
    EXPECT_EQ(answered.body, without_foo(original));
    const auto record = gate_.outcome(answered);
    EXPECT_EQ((*record)["findings"].size(), findings);
    EXPECT_EQ((*record)["response_bytes"].as_uint(), answered.body.size());
    const auto key = ledger::digest_key(gate_.data(), *Id::parse(record->text("id")));
    ASSERT_TRUE(key);
    EXPECT_EQ(record->text("response_digest"), hex(hmac_sha256(*key, answered.body)));
  }
};

TEST_F(ExaminedTest, AWholeAnswerIsExaminedBeforeAnyOfItGoesOut) {
  const std::string body = R"({"text":"a foo and a foo","pad":1})";
  AnsweringService service([&](const Message&) { return answer(200, body); });
  gate_.add_service("far", service.url());
  gate_.run();
  const auto answered = gate_.ask(gate_.chat(kAsk));
  EXPECT_EQ(answered.header("content-length"), std::to_string(answered.body.size()));
  expect_examined(answered, body, 2);
}

TEST_F(ExaminedTest, AnAnswerTooLargeToKeepIsExaminedOnItsWay) {
  gate_.settings().max_response_copy_bytes = 1000;
  std::string body;
  for (int i = 0; i < 20'000; ++i) body += "words and foofoo ";
  AnsweringService service([&](const Message&) { return answer(200, body); });
  gate_.add_service("far", service.url());
  gate_.run();
  expect_examined(gate_.ask(gate_.chat(kAsk)), body, 40'000);
}

TEST_F(ExaminedTest, AStreamIsExaminedHoweverItIsCut) {
  const std::string all = "data: {\"text\":\"foo\"}\n\ndata: {\"text\":\"f\"}\n\n" + std::string(kDone);
  ScriptedService service(streaming([&](Wire& wire) {
    for (const char c : all) wire.send(chunk(std::string(1, c)));
    wire.send(chunk(""));
  }));
  expect_examined(ask_stream(service), all, 1);
}

TEST_F(ExaminedTest, WhatWasHeldBackOfACutStreamComesBeforeTheErrorEvent) {
  const std::string event = "data: {\"text\":\"foo\"}\n\n";
  ScriptedService service(streaming([&](Wire& wire) { wire.send(chunk(event)); }));
  const auto answered = ask_stream(service);
  EXPECT_TRUE(answered.body.starts_with(without_foo(event) + "data: {\"error\"")) << answered.body;
  EXPECT_EQ((*gate_.outcome(answered))["findings"].size(), 1u);
}

}  // namespace
}  // namespace ostiary::gateway

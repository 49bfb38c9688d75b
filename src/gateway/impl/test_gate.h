#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file.h"
#include "gateway/gate.h"
#include "gateway/impl/test_support.h"
#include "json/document.h"

// A running gate, the services behind it and the clients before it, for tests.
namespace ostiary::gateway::testing {

// One HTTP message, with its body decoded.
struct Message {
  std::string head;
  std::string body;
  int status = 0;      // of an answer
  bool whole = false;  // its framing came to its end
  std::string header(std::string_view name) const;
};

// One end of a TCP connection, blocking.
class Wire {
 public:
  explicit Wire(Fd fd) : fd_(std::move(fd)) {}
  static Wire connect(const net::Address& address, int receive_buffer = 0);

  bool send(std::string_view bytes);  // false: the peer is gone
  bool more(int timeout_ms = 5000);   // false: the end, or nothing came
  Message message();                  // status 0 and an empty head: none came
  // Reads until `text` has come.
  bool until(std::string_view text, int timeout_ms = 5000);
  bool closed_within(int ms);  // the peer has closed; what it sent is dropped
  void close() { fd_.reset(); }
  void abort();  // closes at once, as a process that dies does
  int fd() const { return fd_.get(); }

  std::string bytes;  // read and not taken

 private:
  Fd fd_;
};

// A service that does what the test says. Each connection has a thread.
class ScriptedService {
 public:
  using Script = std::function<void(Wire&)>;
  explicit ScriptedService(Script script);
  ~ScriptedService();
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  int connections() const { return connections_; }

 private:
  void accept();
  Script script_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

// Answers every request of every connection with what `reply` gives, and keeps the requests.
class AnsweringService {
 public:
  explicit AnsweringService(std::function<std::string(const Message&)> reply);
  std::string url() const { return service_.url(); }
  int connections() const { return service_.connections(); }
  std::vector<Message> seen() const;

 private:
  std::function<std::string(const Message&)> reply_;
  mutable std::mutex mutex_;
  std::vector<Message> seen_;
  ScriptedService service_;
};

std::string answer(int status, std::string_view body,
                   std::string_view headers = "Content-Type: application/json\r\n");
constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
std::string chunk(std::string_view data);
constexpr std::string_view kHello =
    R"({"choices":[{"message":{"content":"hello"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}})";

// The steps as functions; null ones do nothing.
struct Steps final : Inspector, Decider, Examiner {
  std::function<bool(const Exchange&)> takes_long_;
  std::function<void(const Exchange&, inspect::Inspection&)> inspection;
  std::function<void(const Exchange&, const std::stop_token&)> long_inspection;  // of what takes long
  std::function<policy::Decision(const policy::Facts&, const inspect::Inspection&)> decision;
  std::function<std::unique_ptr<Examination>()> examination;
  bool takes_long(const Exchange& x) const override { return takes_long_ && takes_long_(x); }
  void inspect(const Exchange& x, inspect::Inspection& found, const std::stop_token& stop) const override {
    if (takes_long(x) && long_inspection) long_inspection(x, stop);
    if (inspection) inspection(x, found);
  }
  policy::Decision decide(const policy::Facts& facts, const inspect::Inspection& found) const override {
    return decision ? decision(facts, found) : policy::Decision();
  }
  std::unique_ptr<Examination> begin(const Exchange&, AnswerKind) const override {
    return examination ? examination() : nullptr;
  }
};

// A JSON line with its text, so that it may be kept.
struct Record {
  std::string line;
  json::Document document;
  json::Value operator[](std::string_view name) const { return document.root()[name]; }
  std::string text(std::string_view name) const { return document.root()[name].string_or(""); }
};

class TestGate {
 public:
  TestGate();
  ~TestGate();

  // Before run():
  ServiceSettings& add_service(std::string id, std::string url);  // valid until the next call
  GateSettings& settings() { return setup_.settings; }
  Steps& steps() { return steps_; }
  void decide_by(std::shared_ptr<const Decider> decider) { setup_.decider = std::move(decider); }
  void run();

  void stop(std::uint64_t deadline_ms = 0) { gate_->stop(deadline_ms); }
  Gate& gate() { return *gate_; }
  Wire connect(int receive_buffer = 0) const {
    return Wire::connect(gate_->addresses().front(), receive_buffer);
  }
  std::string authorization() const { return "Authorization: Bearer " + key_ + "\r\n"; }
  std::string chat(std::string_view body) const {
    return post("/v1/chat/completions", body, authorization());
  }
  Message ask(std::string_view request) const;  // on a connection of its own
  const std::string& key() const { return key_; }
  const std::string& subject() const { return subject_; }
  const std::string& other_key() const { return other_key_; }          // of another user
  const std::string& key_elsewhere() const { return key_elsewhere_; }  // of the same user in another team
  ResponseHomes& homes() { return shared_.homes; }
  Shared& shared() { return shared_; }

  std::string data() const { return folder_.data(); }
  // All records of the ledger as they stand now.
  std::vector<std::string> records() const;
  // The outcome of the exchange that `answer` belongs to, or the newest one: waits for it.
  std::unique_ptr<Record> outcome(const Message& answer) const {
    return outcome(answer.header("x-ostiary-id"));
  }
  std::unique_ptr<Record> outcome(const std::string& id = {}) const;

 private:
  TestFolder folder_;
  std::unique_ptr<ledger::Ledger> ledger_;
  Steps steps_;
  Setup setup_;  // in the making
  Shared shared_;
  std::vector<ServiceSettings> services_;
  std::unique_ptr<Gate> gate_;
  std::string key_, subject_, other_key_, key_elsewhere_;
};

constexpr std::string_view kAsk = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";
constexpr std::string_view kAskStream =
    R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]})";

}  // namespace ostiary::gateway::testing

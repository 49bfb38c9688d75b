#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/allowance.h"
#include "base/result.h"
#include "base/time.h"
#include "telemetry/metrics.h"
#include "telemetry/otlp.h"
#include "telemetry/span.h"

namespace ostiary::telemetry {

// How a batch gets to the collector. Used from the exporter's thread, but for cancel().
class Sender {
 public:
  struct Reply {
    std::uint16_t status = 0;
    std::string body;
    std::uint32_t retry_after_s = 0;  // as told; 0: nothing
  };
  virtual ~Sender() = default;
  // Posts a JSON document and reads the answer, within a time of its own. Blocks.
  virtual Result<Reply> post(std::string_view json) = 0;
  // Thread-safe: a post() under way ends soon, and so does every later one.
  virtual void cancel() = 0;
};

// Sends what the loops put into their queues, on a thread of its own. Nothing a collector does or leaves
// undone reaches a loop: when its queue is full, spans are lost and counted.
class Exporter {
 public:
  struct Options {
    Resource resource;
    std::size_t queue = 4096;        // exchanges that wait, for each loop
    std::size_t batch_spans = 512;   // sent at once
    std::uint32_t idle_ms = 200;     // how often queues are looked at, and
    std::uint32_t busy_ms = 5;       // when the last look found a whole batch
    std::uint32_t backoff_ms = 500;  // after a failure, doubled with each up to
    std::uint32_t most_backoff_ms = 30'000;
    std::uint32_t tries = 5;  // of a batch, then it is given up
  };
  Exporter(Options options, std::unique_ptr<Sender> sender);
  ~Exporter();  // stops at once

  // Thread-safe; what they give lasts as long as the exporter.
  SpanQueue& add_queue();
  std::uint32_t service(const SpanService& service);  // the number for TrySpan::service
  void collect(Samples& samples) const;               // ostiary_spans
  // Thread-safe: whether one more trace may begin; those that may not are counted. 0 a second: no bound.
  bool allows(MonoNs now, std::uint32_t per_second);

  void start();
  // Sends what is queued within `ms` and ends.
  void stop(std::uint64_t ms);

 private:
  void run();
  bool fill();
  bool is_full() const;
  void send();
  bool settle(const Result<Sender::Reply>& reply);
  void give_up(std::string_view why);
  bool wait(std::uint64_t ms);

  const Options options_;
  const std::unique_ptr<Sender> sender_;
  OtlpBatch batch_;
  MonoNs complained_at_ = 0;
  std::uint32_t retry_after_s_ = 0;
  std::atomic<std::uint64_t> sent_{0}, failed_{0}, rejected_{0};
  Allowance allowance_;
  std::atomic<std::uint64_t> left_out_{0};  // exchanges

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, ended_ = false;
  std::deque<std::unique_ptr<SpanQueue>> queues_;
  std::vector<SpanService> services_;
  std::thread thread_;
};

}  // namespace ostiary::telemetry

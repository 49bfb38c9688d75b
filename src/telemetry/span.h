#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "telemetry/trace_context.h"

namespace ostiary::telemetry {

// What spans say about a service, known before it is asked.
struct SpanService {
  std::string id;        // of the configuration
  std::string provider;  // of the catalogue, or a word of the organisation's own
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const SpanService&) const = default;
};

// One try at a service: a span of the kind client. Times in nanoseconds since the exchange began.
struct TrySpan {
  SpanId span{};
  std::uint32_t service = 0;  // see Exporter::service()
  std::int64_t begun = 0, ended = 0;
  std::uint16_t status = 0;  // the service's; 0: it gave none
  std::string model;         // as the service was asked for it
  std::string answered_model;
  std::string error;  // code of the gate; empty: none of its own
  void clear();       // keeps its memory
};

// An exchange: a span of the kind server, and its tries. Views are of static storage. It never holds text of
// a prompt or an answer, nor who asked.
struct ExchangeSpan {
  TraceId trace{};
  SpanId span{}, parent{};  // parent: zero where the trace begins here
  std::string state;        // tracestate, as it came
  Id exchange;
  std::int64_t at = 0;  // Unix nanoseconds
  std::int64_t duration = 0;
  std::string_view endpoint;  // "chat/completions"
  std::string_view outcome, decision, mode;
  std::string method, model, error;
  std::uint16_t status = 0;
  bool stream = false;
  std::optional<std::uint64_t> input, output, cached;  // tokens
  std::int64_t first_token = 0;                        // of a stream, nanoseconds since the exchange began

  // Begins another try. The reference holds until the next one.
  TrySpan& add_try();
  TrySpan& newest_try() { return tries_[tries_used_ - 1]; }  // there is one
  void drop_try() { --tries_used_; }                         // the newest
  std::span<const TrySpan> tries() const { return {tries_.data(), tries_used_}; }
  void clear();  // keeps its memory

 private:
  std::vector<TrySpan> tries_;
  std::size_t tries_used_ = 0;
};

// Pointers from one thread to one other; neither ever waits.
class SpanRing {
 public:
  explicit SpanRing(std::size_t capacity);         // rounded up to a power of two
  bool push(std::unique_ptr<ExchangeSpan>& span);  // false: full, and the span stays with the caller
  std::unique_ptr<ExchangeSpan> pop();             // null: empty

 private:
  std::vector<std::unique_ptr<ExchangeSpan>> slots_;
  alignas(64) std::atomic<std::uint64_t> head_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

// The way of spans from one loop to the exporter, and of empty ones back: a busy loop allocates nothing.
class SpanQueue {
 public:
  explicit SpanQueue(std::size_t capacity)
      : filled_(capacity), empty_(std::min<std::size_t>(capacity, kMostEmpty)) {}

  // The loop's end.
  std::unique_ptr<ExchangeSpan> take();          // an empty one
  void put(std::unique_ptr<ExchangeSpan> span);  // where there is no room for it it is lost, and counted

  // The exporter's end.
  std::unique_ptr<ExchangeSpan> next() { return filled_.pop(); }  // the oldest; null: none
  void give_back(std::unique_ptr<ExchangeSpan> span) { empty_.push(span); }
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }  // spans, tries included

 private:
  // They come back in turn, each colder than the last: after a long wait of the exporter, keeping all would
  // have the loop walk through more memory than its processor's cache holds.
  static constexpr std::size_t kMostEmpty = 128;
  SpanRing filled_, empty_;
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace ostiary::telemetry

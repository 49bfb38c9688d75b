#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "telemetry/exporter.h"
#include "telemetry/span.h"
#include "telemetry/trace_context.h"

namespace ostiary::gateway {

struct Exchange;
class Service;

// Of one exchange: where it stands in a trace.
struct Trace {
  telemetry::TraceContext context;                // what a service is told; a zero trace: nothing
  std::string state;                              // tracestate, as the client sent it
  std::unique_ptr<telemetry::ExchangeSpan> span;  // null: not sampled
  std::uint64_t spans_made = 0;
};

// One loop's spans. Belongs to it.
class Tracer {
 public:
  // Null: none are made, and what the client sent is passed on where that is configured.
  explicit Tracer(telemetry::Exporter* exporter);
  std::uint32_t service(const Service& service) const;  // the number that its tries bear
  // A request of a known caller has come.
  void begin(Exchange& x) const;
  // Before and after each try. A try that is not one (a kept connection had closed) is forgotten.
  void begin_try(Exchange& x, std::uint32_t service) const;
  void end_try(Exchange& x, std::uint16_t status, std::string_view error) const;
  void forget_try(Exchange& x) const;
  // It has been recorded.
  void end(Exchange& x) const;

 private:
  bool makes_spans() const { return queue_ != nullptr; }
  telemetry::Exporter* exporter_;
  telemetry::SpanQueue* queue_ = nullptr;
};

// The lines traceparent and tracestate of a request to a service, where they are to be sent.
void append_trace_headers(std::string& out, const Exchange& x);

// The name that a service gives its model, from the beginning of an answer or a stream's event; empty: it is
// not said there. Never text of the answer: strings within escape their quotes.
std::string_view answered_model(std::string_view beginning);

}  // namespace ostiary::gateway

#include "gateway/tracing.h"

#include <algorithm>

#include "base/text.h"
#include "gateway/exchange.h"
#include "gateway/headers.h"
#include "gateway/service.h"
#include "gateway/setup.h"

namespace ostiary::gateway {

namespace {

constexpr std::size_t kLookedAt = 1024, kMostModel = 128;

std::int64_t nanoseconds_since(MonoNs start) {
  return mono_now() - start;
}

// Another one with each call, made from the random bytes of the exchange's id (splitmix64).
telemetry::SpanId next_span_id(Exchange& x) {
  std::uint64_t seed = 0;
  for (std::size_t i = 8; i < 16; ++i) seed = seed << 8 | x.id.bytes[i];
  std::uint64_t mixed = seed + ++x.trace.spans_made * 0x9e3779b97f4a7c15ULL;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
  mixed = (mixed ^ mixed >> 31) | 1;  // never zero
  telemetry::SpanId id;
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>(mixed >> (56 - 8 * i));
  return id;
}

// What the client says of its trace. Said twice it says nothing.
std::optional<telemetry::TraceContext> client_context(const net::Head& head, std::string& state) {
  std::string_view parent;
  for (const auto& h : head.headers) {
    if (h.name.size() != 11 || !text::iequals(h.name, "traceparent")) continue;
    if (!parent.empty()) return std::nullopt;
    parent = h.value;
  }
  if (parent.empty()) return std::nullopt;
  const auto context = telemetry::parse_traceparent(parent);
  if (!context) return std::nullopt;
  for (const auto& h : head.headers) {
    if (h.name.size() != 10 || !text::iequals(h.name, "tracestate")) continue;
    if (!state.empty()) state += ',';
    state += h.value;
  }
  if (!telemetry::is_tracestate(state)) state.clear();
  return context;
}

// Walks the members at the beginning of a JSON object that may be cut off.
class Members {
 public:
  explicit Members(std::string_view text) : text_(text) {}

  // The value of "model" of the object itself, or of its member "response" or "message". An object deeper
  // down, such as the arguments of a tool, may hold the user's own words.
  std::string_view model() {
    std::string_view name, within;
    for (int depth = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '{' || c == '[') {
        if (++depth == 2) within = c == '{' ? name : std::string_view();
      } else if (c == '}' || c == ']') {
        --depth;
      } else if (c == '"') {
        const auto word = string();
        const bool here = depth == 1 || (depth == 2 && (within == "response" || within == "message"));
        if (here && name == "model" && is_value_) return is_plain(word) ? word : std::string_view();
        if (!is_value_) name = word;
        is_value_ = false;
      } else if (c == ':' || c == ',') {
        is_value_ = c == ':';
      }
    }
    return {};
  }

 private:
  // Leaves at_ at its closing quote, or at the text's end where it has none.
  std::string_view string() {
    const auto begin = ++at_;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    if (at_ >= text_.size()) return {};
    return text_.substr(begin, at_ - begin);
  }
  static bool is_plain(std::string_view s) {
    return s.size() <= kMostModel && std::ranges::all_of(s, [](char c) {
             return static_cast<unsigned char>(c) >= 0x20 && c != '\\' && c != 0x7f;
           });
  }
  std::string_view text_;
  std::size_t at_ = 0;
  bool is_value_ = false;  // a colon came last
};

}  // namespace

Tracer::Tracer(telemetry::Exporter* exporter)
    : exporter_(exporter), queue_(exporter ? &exporter->add_queue() : nullptr) {}

std::uint32_t Tracer::service(const Service& service) const {
  if (!exporter_) return 0;
  return exporter_->service(
      {service.id(), service.settings().provider, service.url().host, service.url().port});
}

void Tracer::begin(Exchange& x) const {
  const auto& settings = x.setup->settings;
  if (!makes_spans() && !settings.trace_propagate) return;
  auto& trace = x.trace;
  const auto parent = client_context(x.head, trace.state);
  if (!makes_spans()) {
    if (parent) trace.context = *parent;
    return;
  }
  if (parent) {
    trace.context = *parent;
  } else {
    trace.context.trace = x.id.bytes;
    trace.context.sampled = telemetry::is_sampled(trace.context.trace, settings.trace_sample) &&
                            exporter_->allows(x.started, settings.traces_per_second);
  }
  trace.context.span = next_span_id(x);
  if (!trace.context.sampled) return;
  trace.span = queue_->take();
  auto& span = *trace.span;
  span.trace = trace.context.trace;
  span.span = trace.context.span;
  if (parent) span.parent = parent->span;
  span.state = trace.state;
  span.exchange = x.id;
  span.at = x.at * 1'000'000;
  span.endpoint = x.asked.endpoint.name;
  span.method = x.head.method;
  span.model = x.model;
}

void Tracer::begin_try(Exchange& x, std::uint32_t service) const {
  if (!makes_spans()) return;
  x.trace.context.span = next_span_id(x);
  if (!x.trace.span) return;
  auto& span = x.trace.span->add_try();
  span.span = x.trace.context.span;
  span.service = service;
  span.model = x.upstream_model;
  span.begun = nanoseconds_since(x.started);
}

void Tracer::end_try(Exchange& x, std::uint16_t status, std::string_view error) const {
  if (!x.trace.span) return;
  auto& span = x.trace.span->newest_try();
  span.ended = nanoseconds_since(x.started);
  span.status = status;
  span.error = error;
}

void Tracer::forget_try(Exchange& x) const {
  if (x.trace.span) x.trace.span->drop_try();
}

void Tracer::end(Exchange& x) const {
  if (!x.trace.span) return;
  auto& span = *x.trace.span;
  span.duration = static_cast<std::int64_t>(x.timings.total.value_or(0)) * 1000;
  span.outcome = ledger::name(x.outcome);
  if (x.decision_json != "null") {
    span.decision = policy::name(x.decision.effect);
    span.mode = policy::name(x.decision.mode);
  }
  span.status = x.status;
  span.error = x.error;
  span.stream = x.stream;
  span.input = x.usage.input;
  span.output = x.usage.output;
  span.cached = x.usage.cached;
  span.first_token = static_cast<std::int64_t>(x.first_token) * 1000;
  queue_->put(std::move(x.trace.span));
}

void append_trace_headers(std::string& out, const Exchange& x) {
  if (!x.setup || !x.setup->settings.trace_propagate || x.trace.context.trace == telemetry::TraceId{}) return;
  out += "traceparent: ";
  telemetry::append_traceparent(out, x.trace.context);
  out += "\r\n";
  if (!x.trace.state.empty()) append_header(out, "tracestate", x.trace.state);
}

std::string_view answered_model(std::string_view beginning) {
  beginning = beginning.substr(0, kLookedAt);
  const auto open = beginning.find('{');
  return open == std::string_view::npos ? std::string_view() : Members(beginning.substr(open)).model();
}

}  // namespace ostiary::gateway

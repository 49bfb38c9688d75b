#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ostiary::telemetry {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

// What a traceparent says (W3C Trace Context, section 3.2): which trace, which span is the parent, and
// whether it is sampled.
struct TraceContext {
  TraceId trace{};
  SpanId span{};
  bool sampled = false;
  bool operator==(const TraceContext&) const = default;
};

// Nothing: it is not one, and its tracestate does not count either. Versions above 00 are read as far as
// version 00 goes (section 4.3).
std::optional<TraceContext> parse_traceparent(std::string_view header);
void append_traceparent(std::string& out, const TraceContext& context);  // version 00

// Whether a tracestate may go on (section 3.3): a list of at most 32 members with keys and values of the
// right letters, no key twice, at most 512 bytes. Empty: no.
bool is_tracestate(std::string_view header);

// Whether a new trace is sampled at `ratio` (0 to 1): by the last 56 bits of its id, so that everyone who
// asks with the same ratio decides alike (OpenTelemetry, TraceState probability sampling).
bool is_sampled(const TraceId& trace, double ratio);

}  // namespace ostiary::telemetry

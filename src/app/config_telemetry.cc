// Configuration keys of metrics and traces.

#include <charconv>
#include <fmt/format.h>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"
#include "net/http.h"

namespace ostiary::app::config {

namespace {

using gateway::CredentialSource;
using gateway::GateSettings;
using yaml::Kind;
using yaml::Node;

constexpr std::uint64_t kSecond = 1000, kMinute = 60 * kSecond;

using Open = TelemetrySettings::Open;
constexpr Words<Open, 3> kOpen = {{{"auto", Open::automatic}, {"yes", Open::yes}, {"no", Open::no}}};

struct Fraction {
  static std::string describe() { return "a number from 0 to 1"; }
  static Result<> read(const Node& node, double& out) {
    TRY(const auto given, single(node, describe()));
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), out);
    if (error != std::errc() || end != given.data() + given.size() || !(out >= 0 && out <= 1))
      return refused(describe(), given);
    return {};
  }
};

// What was given is never repeated: it may hold a password.
struct CollectorUrl {
  static std::string describe() { return "an http or https URL"; }
  static Result<> read(const Node& node, std::string& out) {
    TRY_VOID(Text::read(node, out));
    if (out.empty()) return {};
    const auto url = net::parse_url(out);
    if (!url || out.find_first_of("?#@") != std::string::npos)
      return fail(Code::invalid,
                  "must be an http or https URL without user, password and query, such as "
                  "http://127.0.0.1:4318; use headers for a credential");
    return {};
  }
};

Result<> read_headers(Config& config, const Node& node, std::string_view file) {
  auto& source = config.telemetry.headers;
  source = {};
  if (node.kind != Kind::mapping || node.members.size() > 1)
    return fail(Code::invalid, "must be {file: PATH} or {env: NAME}; a secret does not belong in this file");
  for (const auto& member : node.members) {
    if (member.name != "env" && member.name != "file") return unknown_name(file, member, {"env", "file"});
    TRY_VOID(Text::read(member.value, source.value));
    if (source.value.empty()) return fail(Code::invalid, fmt::format("needs a value for {}", member.name));
    source.kind = member.name == "env" ? CredentialSource::Kind::environment : CredentialSource::Kind::file;
  }
  return {};
}

template <auto Member, class Type>
Row<Config> row(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc, [](Config& config, const Node& node, std::string_view) {
            return Type::read(node, config.telemetry.*Member);
          }};
}

template <auto Member, class Type>
Row<Config> gate(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc, [](Config& config, const Node& node, std::string_view) {
            return Type::read(node, config.gate.*Member);
          }};
}

}  // namespace

std::vector<Row<Config>> telemetry_rows() {
  using T = TelemetrySettings;
  return {
      row<&T::metrics, Boolean>("telemetry.metrics", "true",
                                "Counts what /metrics shows (docs/telemetry.md). Needs a restart."),
      row<&T::metrics_open, OneOf<kOpen>>(
          "telemetry.metrics_open", "auto",
          "Whether /metrics is for whoever reaches the gate (yes), or for keys with the scope read or admin "
          "(no). auto: without a key while every address is on loopback or a Unix socket. Needs a restart."),
      row<&T::endpoint, CollectorUrl>(
          "telemetry.traces.endpoint", "\"\"",
          "Where spans are sent as OTLP over HTTP in JSON, such as http://127.0.0.1:4318; without a path "
          "/v1/traces is meant. Empty: no spans are made. Needs a restart."),
      Row<Config>{"telemetry.traces.headers", "{file: PATH} or {env: NAME}", "{}",
                  "Where the header lines for the collector stand, one 'Name: value' a line, such as a "
                  "credential. Read when the gate starts.",
                  read_headers},
      gate<&GateSettings::trace_sample, Fraction>(
          "telemetry.traces.sample", "1",
          "The share of traces beginning here that is kept. A trace of the client's is kept where the client "
          "keeps it."),
      gate<&GateSettings::traces_per_second, Count<0, 10'000'000>>(
          "telemetry.traces.max_per_second", "1000",
          "Traces beginning here that are kept in a second, after 'sample'. Those beyond make no spans and "
          "are "
          "counted (ostiary_traces_left_out), so that a rush costs the gate no speed. 0: no bound."),
      gate<&GateSettings::trace_propagate, Boolean>("telemetry.traces.propagate", "false",
                                                    "Tells services the trace (traceparent, tracestate), "
                                                    "which identifies the caller's request to them."),
      row<&T::queue, Count<16, 1'000'000>>(
          "telemetry.traces.queue", "4096",
          "Exchanges of each loop whose spans wait to be sent. More are lost, and counted."),
      row<&T::timeout_ms, Duration<100, kMinute>>("telemetry.traces.timeout", "10s",
                                                  "How long the collector may take for a batch."),
      row<&T::ca_file, Path>("telemetry.traces.ca_file", "\"\"",
                             "PEM file of authorities for an https collector, in place of the system's."),
  };
}

}  // namespace ostiary::app::config

// The rows about choosing among services.

#include <algorithm>
#include <iterator>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"

namespace ostiary::app::config {

namespace {

using gateway::AdmissionSettings;
using gateway::Balance;
using gateway::BreakerSettings;
using gateway::GateSettings;
using gateway::HealthSettings;
using gateway::ServiceSettings;
using gateway::Sticky;
using yaml::Node;

constexpr std::uint64_t kSecond = 1000, kHour = 3600 * kSecond, kDay = 24 * kHour;

constexpr Words<Balance, 2> kBalances = {
    {{"weighted", Balance::weighted}, {"least-outstanding", Balance::least_outstanding}}};
constexpr Words<Sticky, 2> kStickies = {{{"conversation", Sticky::conversation}, {"none", Sticky::none}}};

constexpr Words<HealthSettings::Check, 3> kChecks = {{{"auto", HealthSettings::Check::automatic},
                                                      {"on", HealthSettings::Check::on},
                                                      {"off", HealthSettings::Check::off}}};

// A path below base_url.
struct PathBelow {
  static std::string describe() { return "a path with a leading slash, such as /models"; }
  static Result<> read(const Node& node, std::string& out) {
    TRY_VOID(Text::read(node, out));
    if (!out.starts_with('/') || out.find_first_of("?# \\\"<>^`|{}") != std::string::npos)
      return refused(describe(), out);
    return {};
  }
};

template <auto Member, class Type>
Row<Config> gate(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc, [](Config& config, const Node& node, std::string_view) {
            return Type::read(node, config.gate.*Member);
          }};
}

template <auto Member, class Type>
Row<ServiceSettings> row(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc,
          [](ServiceSettings& service, const Node& node, std::string_view) {
            return Type::read(node, service.*Member);
          }};
}

// A member of a part of the settings.
template <auto Part, auto Member, class Type>
Row<ServiceSettings> row_in(std::string_view path, std::string_view fallback, std::string_view doc) {
  return {path, Type::describe(), fallback, doc,
          [](ServiceSettings& service, const Node& node, std::string_view) {
            return Type::read(node, (service.*Part).*Member);
          }};
}

template <auto Member, class Type>
constexpr auto health = row_in<&ServiceSettings::health, Member, Type>;
template <auto Member, class Type>
constexpr auto breaker = row_in<&ServiceSettings::breaker, Member, Type>;
template <auto Member, class Type>
constexpr auto admission = row_in<&ServiceSettings::admission, Member, Type>;

std::vector<Row<ServiceSettings>> breaker_rows() {
  return {
      breaker<&BreakerSettings::failures, Count<0, 10'000>>(
          "services[].breaker.failures", "5",
          "After so many failures in a row the service rests. Failures are lost connections, timeouts, "
          "broken "
          "answers and statuses of 5xx. 0: however many."),
      breaker<&BreakerSettings::rate, Count<0, 100>>("services[].breaker.rate", "50",
                                                     "It rests too when so many percent of what it was asked "
                                                     "within the window failed, of at least 20. 0: "
                                                     "however many."),
      breaker<&BreakerSettings::window_ms, Duration<kSecond, kHour>>("services[].breaker.window", "30s",
                                                                     "Over how long the rate is taken."),
      breaker<&BreakerSettings::open_ms, Duration<10, kHour>>(
          "services[].breaker.open", "5s",
          "How long it rests; then one exchange looks whether it is back. Twice as long each time that it is "
          "not."),
      breaker<&BreakerSettings::most_open_ms, Duration<10, kDay>>("services[].breaker.most_open", "60s",
                                                                  "The longest rest that doubling leads to."),
      breaker<&BreakerSettings::most_retry_after_ms, Duration<0, kDay>>(
          "services[].breaker.retry_after", "10m",
          "A 429, or a 503 with Retry-After, has the service left alone for that model as long as it says, "
          "and "
          "at most so long. 0s: not at all."),
  };
}

std::vector<Row<ServiceSettings>> health_rows() {
  return {
      health<&HealthSettings::check, OneOf<kChecks>>("services[].health.check", "auto",
                                                     "Whether the gate asks by itself if the service is "
                                                     "there. auto: where base_url is on this machine or "
                                                     "in a private network."),
      health<&HealthSettings::path, PathBelow>(
          "services[].health.path", "/models",
          "What is asked for, below base_url. Any status but 5xx is a sign of life."),
      health<&HealthSettings::interval_ms, Duration<10, kDay>>(
          "services[].health.interval", "10s",
          "Between two checks; at most 1s while the service does not answer."),
      health<&HealthSettings::timeout_ms, Duration<1, kHour>>("services[].health.timeout", "2s",
                                                              "How long an answer may take."),
  };
}

std::vector<Row<ServiceSettings>> admission_rows() {
  return {
      admission<&AdmissionSettings::most, Count<0, 1'000'000>>(
          "services[].max_concurrent", "0",
          "Exchanges that may be under way at this service at once. Further ones go to another of its group "
          "that has room, or wait. 0: no limit."),
      admission<&AdmissionSettings::queue_length, Count<0, 10'000>>(
          "services[].queue.length", "100",
          "How many may wait. Teams take turns; within a team, first come, first served."),
      admission<&AdmissionSettings::queue_timeout_ms, Duration<1, kHour>>(
          "services[].queue.timeout", "10s",
          "How long one waits before the next service is asked, or 503 service_busy is the answer."),
  };
}

}  // namespace

std::vector<Row<Config>> routing_rows() {
  return {
      gate<&GateSettings::balance, OneOf<kBalances>>(
          "routing.balance", "weighted",
          "Which service of a group is asked first. weighted: shares as their weights. least-outstanding: "
          "the "
          "one with the fewest exchanges under way for its weight."),
      gate<&GateSettings::sticky, OneOf<kStickies>>(
          "routing.sticky", "conversation",
          "conversation: all turns of a conversation go to the same service of a group, whose prompt cache "
          "knows it; balance decides about the rest. none: balance decides about each request."),
  };
}

std::vector<Row<ServiceSettings>> service_routing_rows() {
  std::vector<Row<ServiceSettings>> all = {
      row<&ServiceSettings::group, Text>(
          "services[].group", "\"\"",
          "Services with the same group are alternatives of equal rank, which share what comes; their group "
          "stands in the order where its first service does. Empty: a group of its own."),
      row<&ServiceSettings::weight, Count<0, 1000>>(
          "services[].weight", "1",
          "Its share of what its group gets. 0: asked only when no other of the group answers."),
  };
  for (auto* part : {admission_rows, breaker_rows, health_rows})
    std::ranges::move(part(), std::back_inserter(all));
  return all;
}

}  // namespace ostiary::app::config

#include "gateway/meter.h"

#include <algorithm>
#include <cmath>

#include "gateway/exchange.h"
#include "gateway/service.h"

namespace ostiary::gateway {

namespace {

using telemetry::Family;
using telemetry::Kind;

// Microseconds. Answers take from a millisecond (a cache) to minutes (a long completion).
constexpr std::array<std::uint64_t, 18> kAnswerBounds = {
    1'000,      2'500,      5'000,      10'000,      25'000,      50'000,
    100'000,    250'000,    500'000,    1'000'000,   2'500'000,   5'000'000,
    10'000'000, 30'000'000, 60'000'000, 120'000'000, 300'000'000, 600'000'000};
// The gate's own part is a thousand times less.
constexpr std::array<std::uint64_t, 14> kOverheadBounds = {
    10, 25, 50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 100'000, 250'000, 1'000'000};

constexpr Family kExchanges{.name = "ostiary_exchanges",
                            .kind = Kind::counter,
                            .help = "Exchanges that ended, as the ledger has them",
                            .labels = {"service", "model", "outcome"}};
constexpr Family kTokens{.name = "ostiary_tokens",
                         .kind = Kind::counter,
                         .help = "Tokens: input without those from a cache, cached, output",
                         .labels = {"service", "model", "kind"}};
constexpr Family kCost{.name = "ostiary_cost_usd",
                       .kind = Kind::counter,
                       .help = "What exchanges cost by the price list, in US dollars",
                       .labels = {"service", "model"},
                       .decimals = 9};
constexpr Family kDuration{.name = "ostiary_exchange_duration_seconds",
                           .kind = Kind::histogram,
                           .help = "From the first byte of a request to the end of its answer",
                           .labels = {"service"},
                           .unit = "seconds",
                           .decimals = 6,
                           .bounds = kAnswerBounds};
constexpr Family kFirstByte{.name = "ostiary_time_to_first_byte_seconds",
                            .kind = Kind::histogram,
                            .help = "From the first byte of a request to the head of the service's answer",
                            .labels = {"service"},
                            .unit = "seconds",
                            .decimals = 6,
                            .bounds = kAnswerBounds};
constexpr Family kFirstToken{.name = "ostiary_time_to_first_token_seconds",
                             .kind = Kind::histogram,
                             .help = "From the first byte of a request to the first event of its stream",
                             .labels = {"service"},
                             .unit = "seconds",
                             .decimals = 6,
                             .bounds = kAnswerBounds};
constexpr Family kOverhead{.name = "ostiary_gate_overhead_seconds",
                           .kind = Kind::histogram,
                           .help =
                               "From a whole request to its first byte for a service: reading, deciding, "
                               "recording",
                           .unit = "seconds",
                           .decimals = 6,
                           .bounds = kOverheadBounds};
constexpr Family kRequestBytes{.name = "ostiary_request_bytes",
                               .kind = Kind::counter,
                               .help = "Bytes of the bodies of requests",
                               .labels = {"service"},
                               .unit = "bytes"};
constexpr Family kResponseBytes{.name = "ostiary_response_bytes",
                                .kind = Kind::counter,
                                .help = "Bytes of the bodies of answers",
                                .labels = {"service"},
                                .unit = "bytes"};
constexpr Family kInFlight{.name = "ostiary_in_flight",
                           .kind = Kind::gauge,
                           .help = "Exchanges that a service is at work on",
                           .labels = {"service"}};
constexpr Family kTries{.name = "ostiary_tries",
                        .kind = Kind::counter,
                        .help = "Tries at a service by what became of them",
                        .labels = {"service", "result"}};
constexpr Family kRetries{.name = "ostiary_retries",
                          .kind = Kind::counter,
                          .help = "Tries at a service that had failed in the same exchange",
                          .labels = {"service"}};
constexpr Family kFallbacks{.name = "ostiary_fallbacks",
                            .kind = Kind::counter,
                            .help = "Exchanges that came to this service because another one failed",
                            .labels = {"service"}};
constexpr Family kDecisions{.name = "ostiary_decisions",
                            .kind = Kind::counter,
                            .help = "Exchanges by what was decided about them",
                            .labels = {"effect", "mode"}};
constexpr Family kRefusals{.name = "ostiary_refusals",
                           .kind = Kind::counter,
                           .help = "Exchanges that the gate refused, by the code of its answer",
                           .labels = {"code"}};
constexpr Family kFailures{.name = "ostiary_failures",
                           .kind = Kind::counter,
                           .help = "Exchanges that failed or were cut, by the code of the failure",
                           .labels = {"code"}};
constexpr Family kConnections{
    .name = "ostiary_connections", .kind = Kind::gauge, .help = "Connections of clients"};
constexpr Family kConnectionsRefused{.name = "ostiary_connections_refused",
                                     .kind = Kind::counter,
                                     .help = "Connections turned away because there were too many"};
constexpr Family kClientConnectionsRefused{
    .name = "ostiary_client_connections_refused",
    .kind = Kind::counter,
    .help = "Connections turned away because their client's address had too many"};

constexpr std::array<ledger::Outcome, 5> kAllOutcomes = {
    ledger::Outcome::complete, ledger::Outcome::truncated, ledger::Outcome::cancelled,
    ledger::Outcome::refused, ledger::Outcome::failed};
constexpr std::array<std::string_view, 8> kResultNames = {
    "success", "client_error", "limited", "server_error", "timeout", "unreachable", "broken", "cancelled"};
constexpr std::array<policy::Effect, 5> kAllEffects = {policy::Effect::allow, policy::Effect::redact,
                                                       policy::Effect::reroute, policy::Effect::ask,
                                                       policy::Effect::deny};
constexpr std::size_t kMostModels = 64;  // of a service that have a series of their own
constexpr std::size_t kMostCodes = 64;
constexpr std::string_view kOther = "other", kNone = "none";

}  // namespace

TryResult try_result(std::uint16_t status, std::string_view error) {
  if (error == "client_left") return TryResult::cancelled;
  if (status >= 500) return TryResult::server_error;
  if (status == 429) return TryResult::limited;
  if (status >= 400) return TryResult::client_error;
  if (error.empty()) return TryResult::success;
  if (error == "service_timeout") return TryResult::timeout;
  return status == 0 ? TryResult::unreachable : TryResult::broken;
}

ServiceMeter::ServiceMeter(telemetry::Shard& shard, const Service* service) {
  const std::string_view id = service ? std::string_view(service->id()) : kNone;
  if (service) {
    for (const auto& known : service->settings().models) {
      const bool glob = known.name.find_first_of("*?") != std::string::npos;
      if (!glob && models_.size() < kMostModels) add_model(shard, id, known.name, true);
    }
    for (std::size_t i = 0; i < kResults; ++i) tries_[i] = shard.counter(kTries, {id, kResultNames[i]});
    in_flight = shard.gauge(kInFlight, {id});
    retries = shard.counter(kRetries, {id});
    fallbacks = shard.counter(kFallbacks, {id});
    first_byte_ = shard.histogram(kFirstByte, {id});
    first_token_ = shard.histogram(kFirstToken, {id});
  }
  add_model(shard, id, service ? kOther : kNone, service != nullptr);
  duration_ = shard.histogram(kDuration, {id});
  request_bytes_ = shard.counter(kRequestBytes, {id});
  response_bytes_ = shard.counter(kResponseBytes, {id});
}

void ServiceMeter::add_model(telemetry::Shard& shard, std::string_view service, std::string_view model,
                             bool served) {
  auto& added = models_.emplace_back();
  added.name = model;
  for (std::size_t i = 0; i < kOutcomes; ++i)
    added.exchanges[i] = shard.counter(kExchanges, {service, model, ledger::name(kAllOutcomes[i])});
  if (!served) return;
  added.input = shard.counter(kTokens, {service, model, "input"});
  added.cached = shard.counter(kTokens, {service, model, "cached"});
  added.output = shard.counter(kTokens, {service, model, "output"});
  added.cost = shard.counter(kCost, {service, model});
}

ServiceMeter::Model& ServiceMeter::model(std::string_view name) {
  if (models_[newest_].name == name) return models_[newest_];
  const auto found = std::ranges::find(models_, name, &Model::name);
  if (found == models_.end()) return models_.back();
  newest_ = static_cast<std::size_t>(found - models_.begin());
  return *found;
}

// Cached tokens are part of what services report as input; they are counted once.
void ServiceMeter::count_usage(const Model& model, const ledger::Usage& usage) const {
  const auto input = usage.input.value_or(0);
  const auto cached = std::min(usage.cached.value_or(0), input);
  model.input.add(input - cached);
  model.cached.add(cached);
  model.output.add(usage.output.value_or(0));
  if (usage.cost && *usage.cost > 0)
    model.cost.add(static_cast<std::uint64_t>(std::llround(std::min(*usage.cost, 1e9) * 1e9)));
}

void ServiceMeter::count(const Exchange& x) {
  Model& of = model(x.model);
  of.exchanges[static_cast<std::size_t>(x.outcome)].add();
  duration_.record(x.timings.total.value_or(0));
  request_bytes_.add(x.body.size());
  response_bytes_.add(x.response_bytes);
  if (!x.service) return;
  if (x.timings.first_byte) first_byte_.record(*x.timings.first_byte);
  if (x.first_token) first_token_.record(x.first_token);
  count_usage(of, x.usage);
}

Meter::Meter(telemetry::Registry& registry)
    : connections(), shard_(registry.add_shard()), nobody_(shard_, nullptr) {
  for (std::size_t i = 0; i < kEffects; ++i)
    for (const auto mode : {policy::Mode::enforce, policy::Mode::observe})
      decisions_[i][static_cast<std::size_t>(mode)] =
          shard_.counter(kDecisions, {policy::name(kAllEffects[i]), policy::name(mode)});
  overhead_ = shard_.histogram(kOverhead);
  connections = shard_.gauge(kConnections);
  connections_refused = shard_.counter(kConnectionsRefused);
  client_connections_refused = shard_.counter(kClientConnectionsRefused);
  codes_.reserve(kMostCodes);
  coded(std::string(kOther));
}

Meter::Coded& Meter::coded(const std::string& code) {
  const auto found = std::ranges::find(codes_, code, &Coded::code);
  if (found != codes_.end()) return *found;
  if (codes_.size() == kMostCodes) return codes_.front();
  return codes_.emplace_back(code, shard_.counter(kRefusals, {code}), shard_.counter(kFailures, {code}));
}

void Meter::count(const Exchange& x, ServiceMeter* service) {
  (service ? service : &nobody_)->count(x);
  if (x.timings.decided && x.received)
    overhead_.record(*x.timings.decided - std::min(x.received, *x.timings.decided));
  if (x.decision_json != "null")
    decisions_[static_cast<std::size_t>(x.decision.effect)][static_cast<std::size_t>(x.decision.mode)].add();
  switch (x.outcome) {
    case ledger::Outcome::refused:
      coded(x.error).refused.add();
      break;
    case ledger::Outcome::failed:
    case ledger::Outcome::truncated:
      coded(x.error).failed.add();
      break;
    case ledger::Outcome::complete:
    case ledger::Outcome::cancelled:
      break;
  }
}

}  // namespace ostiary::gateway

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/record.h"
#include "policy/decision.h"
#include "telemetry/metrics.h"

namespace ostiary::gateway {

class Service;
struct Exchange;

// What became of a try at a service, as a metric's label.
enum class TryResult : std::uint8_t {
  success,
  client_error,  // 4xx, but for
  limited,       // 429
  server_error,  // 5xx
  timeout,
  unreachable,  // or gone before it answered
  broken,       // an answer that is none, or ends too early
  cancelled     // the client left
};
// `status`: the service's, 0 where there was none; `error`: the gate's own code, empty: none.
TryResult try_result(std::uint16_t status, std::string_view error);

// What one loop counts of one service (docs/telemetry.md). Handles are resolved when it is made, so that
// counting looks nothing up but the model among the configured names.
class ServiceMeter {
 public:
  // Null: exchanges that came to no service.
  ServiceMeter(telemetry::Shard& shard, const Service* service);

  void count(const Exchange& x);
  void count_try(TryResult result) const { tries_[static_cast<std::size_t>(result)].add(); }
  telemetry::Gauge in_flight;
  telemetry::Counter retries, fallbacks;

 private:
  static constexpr std::size_t kOutcomes = 5, kResults = 8;
  struct Model {
    std::string name;  // as clients ask for it
    std::array<telemetry::Counter, kOutcomes> exchanges;
    telemetry::Counter input, cached, output, cost;
  };
  // `served`: by a service, so that it has usage.
  void add_model(telemetry::Shard& shard, std::string_view service, std::string_view model, bool served);
  Model& model(std::string_view name);
  void count_usage(const Model& model, const ledger::Usage& usage) const;

  std::vector<Model> models_;  // the last one is of all others
  std::size_t newest_ = 0;     // asked for last: most exchanges ask for the same
  std::array<telemetry::Counter, kResults> tries_;
  telemetry::Histogram duration_, first_byte_, first_token_;
  telemetry::Counter request_bytes_, response_bytes_;
};

// What one loop counts. Belongs to it.
class Meter {
 public:
  explicit Meter(telemetry::Registry& registry);
  telemetry::Shard& shard() { return shard_; }
  // An exchange has ended: `service` is the meter of the one that it came to, or null.
  void count(const Exchange& x, ServiceMeter* service);
  telemetry::Gauge connections;
  telemetry::Counter connections_refused, client_connections_refused;

 private:
  static constexpr std::size_t kEffects = 5;
  struct Coded {
    std::string code;
    telemetry::Counter refused, failed;
  };
  Coded& coded(const std::string& code);

  telemetry::Shard& shard_;
  ServiceMeter nobody_;
  std::array<std::array<telemetry::Counter, 2>, kEffects> decisions_;  // by effect, by mode
  telemetry::Histogram overhead_;
  std::vector<Coded> codes_;  // those that came up: words of ours, a few dozen
};

}  // namespace ostiary::gateway

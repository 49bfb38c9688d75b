#pragma once

#include <cstdint>
#include <memory>

#include "app/config.h"
#include "app/projector.h"
#include "app/witness.h"
#include "base/result.h"
#include "gateway/instruments.h"
#include "gateway/worker.h"
#include "telemetry/exporter.h"
#include "telemetry/metrics.h"

namespace ostiary::app {

// What `serve` is watched with: the metrics of the process and, where a collector is configured, the exporter
// of spans. Outlives the gate.
class Instruments {
 public:
  // Errors: headers for the collector that cannot be read, a CA file that is none.
  static Result<std::unique_ptr<Instruments>> create(const TelemetrySettings& settings);
  ~Instruments();

  gateway::Instruments for_gate();
  // Null where telemetry.metrics is off.
  telemetry::Registry* registry() { return metrics_ ? &registry_ : nullptr; }
  // Shows what the ledger holds and how much of it is not signed yet. It outlives these instruments.
  void watch(const ledger::Ledger& ledger);
  // Shows how services are, how far the exchange list is behind, and what the witnesses took. All of them
  // stay as long as somebody asks for metrics.
  void watch(const gateway::Shared& shared, const Projector& projector, const Witnesses& witnesses);
  // After the gate has stopped: sends what is left, for at most `ms`.
  void close(std::uint64_t ms);

 private:
  explicit Instruments(bool metrics);
  const bool metrics_;
  telemetry::Registry registry_;
  std::unique_ptr<telemetry::Exporter> exporter_;
};

}  // namespace ostiary::app

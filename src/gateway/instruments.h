#pragma once

#include "telemetry/exporter.h"
#include "telemetry/metrics.h"

namespace ostiary::gateway {

// What the gate is watched with. Set before the loops start; outlives them.
struct Instruments {
  telemetry::Registry* registry = nullptr;  // null: nothing is counted
  telemetry::Exporter* exporter = nullptr;  // null: no spans are made
};

}  // namespace ostiary::gateway

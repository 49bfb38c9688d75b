#pragma once

#include "telemetry/metrics.h"

namespace ostiary::telemetry {

// The process_* metrics that Prometheus' client libraries have, read from /proc at each scrape. What cannot
// be read is left out.
void collect_process(Samples& samples);

}  // namespace ostiary::telemetry

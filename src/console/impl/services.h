#pragma once

#include "console/schema.h"
#include "gateway/service.h"

namespace ostiary::console {

// How a service is now: breaker, queue, what it is at work on.
Schema state_schema();
void write_state(json::Writer& w, const gateway::Service& service);

}  // namespace ostiary::console

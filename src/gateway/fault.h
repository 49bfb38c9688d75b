#pragma once

#include <cstdint>

namespace ostiary::gateway {

// Places at which the environment variable OSTIARY_FAULT=kill@PLACE:N ends the process with SIGKILL at the
// Nth passing, so that tests can show what survives. One relaxed load when it is not set.
enum class Fault : std::uint8_t { intent_written, forwarded, outcome_written };
void fault_point(Fault place);

}  // namespace ostiary::gateway

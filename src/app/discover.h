#pragma once

#include <functional>
#include <vector>

#include "gateway/settings.h"

namespace ostiary::app {

// The services of a gate that was told of none: those of the catalogue whose credential stands in the
// environment, those that answer on their usual port of this machine (asked for at most `wait_ms`), and
// `replay`. In that order, which is the order of fallback; `replay` offers only its own models unless nothing
// else was found.
std::vector<gateway::ServiceSettings> discover_services(
    const std::function<const char*(const char*)>& environment, int wait_ms);

}  // namespace ostiary::app

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "catalog/catalog.h"
#include "gateway/settings.h"

namespace ostiary::app {

// The services of a gate that was told of none: those of the catalogue whose credential stands in the
// environment, those that answer on their usual port of this machine (asked for at most `wait_ms`), and
// `replay`. In that order, which is the order of fallback; `replay` offers only its own models unless nothing
// else was found.
using Environment = std::function<const char*(const char*)>;
std::vector<gateway::ServiceSettings> discover_services(const Environment& environment, int wait_ms);
// The same, for another list of services than the catalogue's.
std::vector<gateway::ServiceSettings> discover_services(std::span<const catalog::Service> known,
                                                        const Environment& environment, int wait_ms);

}  // namespace ostiary::app

#pragma once

#include <string_view>

#include "gateway/settings.h"
#include "net/task.h"

namespace ostiary::gateway {

class Worker;

// Asks every service of the setup in force that has health checks, each at its interval, and tells its
// breaker how that went: at once after the start, sooner again while a service does not answer. Services that
// come or go with a reload are seen within a second. Runs on one worker's loop, until that drains or stops.
net::Task<void> watch_health(Worker& worker);

// Whether a service is to be checked. Left to itself, only what is near: a request to a far one may cost, and
// was not asked for.
bool wants_health_checks(const ServiceSettings& settings);

// A host of this machine or of a private network, as far as its name tells: loopback, private, link-local and
// unique local addresses (RFC 6890), names without a dot, localhost, .local, .internal, .lan and .home.arpa.
bool is_near(std::string_view host);

}  // namespace ostiary::gateway

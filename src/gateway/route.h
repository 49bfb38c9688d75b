#pragma once

#include <vector>

#include "gateway/errors.h"
#include "gateway/exchange.h"

namespace ostiary::gateway {

class Worker;

// *route*: the services to ask, in order. Those of a group stand together, where its first one stands in the
// configuration, in the order that balancing gives them for this exchange. None: `error` says why.
std::vector<const Service*> route(Worker& worker, const Exchange& x, GateError& error);

}  // namespace ostiary::gateway

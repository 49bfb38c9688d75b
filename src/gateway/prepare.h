#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/exchange.h"
#include "gateway/service.h"

namespace ostiary::gateway {

// Edits the body, by splicing, for the chosen service: its name of the model, and what the decision masks.
// Leaves x.forwarded empty where nothing must change. Fails (`denied`) when something that must be masked
// cannot be.
Result<> prepare_body(Exchange& x);

// Path and query for the chosen service, and their digest.
void name_target(Exchange& x);

// The head of the request to that target to the service, with its blank line.
std::string request_head(const Exchange& x, const Secret& credential);

}  // namespace ostiary::gateway

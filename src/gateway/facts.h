#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/errors.h"
#include "gateway/exchange.h"
#include "gateway/service.h"
#include "policy/decision.h"
#include "policy/fact_table.h"

namespace ostiary::gateway {

// Reads what the caller says of a request in the headers x-ostiary-purpose, x-ostiary-output-use,
// x-ostiary-project, x-ostiary-unattended and x-ostiary-tool into x.claims, which then refers to the head.
// The error says which of them the fact table does not take, or stands twice.
std::optional<GateError> read_claims(Exchange& x);

// The same request made in another way, for finding what would be allowed.
struct Otherwise {
  const std::string* model = nullptr;               // another model; null: the one that was asked for
  const inspect::Inspection* inspection = nullptr;  // as if this was found; null: what was
};

// What is known when an exchange is decided for one target, of the facts that are wanted. What is not known
// is not there. The model is the one that the service is asked for, whatever the caller calls it. Times are
// those of the request's beginning, to the second.
policy::Facts gather_facts(const Exchange& x, const Service& target,
                           policy::FactSet wanted = policy::kAllFacts, const Otherwise& otherwise = {});

// The facts time.* of a moment, to the second.
policy::Facts time_facts(WallMs at);

// What data.partial holds where nobody looked at what the request holds.
inline constexpr std::string_view kNotInspected = "the request was not inspected";

// The facts target.* of a service, with a model where one is named: by the name that a caller would ask for.
policy::Facts target_facts(const ServiceSettings& service, std::string_view model);

}  // namespace ostiary::gateway

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "console/backing.h"
#include "console/operation.h"
#include "store/exchanges.h"

namespace ostiary::console {

// Pages of exchanges, for whoever may see them.
std::vector<Parameter> page_parameters();
Schema page_schema();
Result<Reply> reply_exchanges(Backing& backing, const Call& call,
                              const std::optional<store::ExchangeFilter>& filter);
// The ledger's line; nothing: it is not kept.
std::optional<std::string> record_at(Backing& backing, const std::optional<std::uint64_t>& index);

}  // namespace ostiary::console

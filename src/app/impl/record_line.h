#pragma once

#include <string>
#include <string_view>

#include "app/impl/terminal.h"

namespace ostiary::app {

// A ledger record as one readable line of fixed columns: time (UTC), kind or outcome, team, service, model,
// HTTP status, tokens in and out, milliseconds, id. A record that cannot be read is shown as it is.
std::string record_line(std::string_view record, const Style& style);
std::string record_heading(const Style& style);

}  // namespace ostiary::app

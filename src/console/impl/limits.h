#pragma once

#include "console/schema.h"

namespace ostiary::console {

// How a key or team stands against its limits, as gateway::append_json() writes it.
Schema limit_report_schema();

}  // namespace ostiary::console

#pragma once

#include "scan/impl/reached.h"
#include "scan/impl/source.h"

namespace ostiary::scan {

// Endpoints, models and servers in one source. `called`: the grade of commands that it runs.
void uses_in_source(const Source& source, Grade called, Reached& uses);

}  // namespace ostiary::scan

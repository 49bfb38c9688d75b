#pragma once

#include "app/verbs.h"
#include "base/result.h"

namespace ostiary::app {

// `invalid` for a call of `inspect` in which a flag says nothing beside the others, or more than one piece of
// work is asked for. What was given is told by `options.given`.
Result<> check_call(const InspectOptions& options);

}  // namespace ostiary::app

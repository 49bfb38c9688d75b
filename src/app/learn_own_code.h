#pragma once

#include "app/verbs.h"
#include "base/result.h"

namespace ostiary::app {

// inspect --learn: fingerprints of the code below each path go into the file that --own-code names.
Result<int> learn_own_code(const InspectOptions& options);

}  // namespace ostiary::app

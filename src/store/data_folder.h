#pragma once

#include <string>

#include "base/result.h"

namespace ostiary::store {

// For who only reads: that the folder is a data folder of this program. Touches nothing. `not_found` where
// the folder or its VERSION file is missing, `newer`, `corrupt`, `io` where it may not be read.
Result<> check_data_folder(const std::string& data_folder);

}  // namespace ostiary::store

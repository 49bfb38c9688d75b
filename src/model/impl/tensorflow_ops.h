#pragma once

#include <string_view>

#include "model/facts.h"

namespace ostiary::model {

// An operation of TensorFlow that touches files or runs Python where the model is used is a hazard, once for
// each kind. `node` is for people.
void judge_operation(std::string_view operation, std::string_view node, Facts& out);

}  // namespace ostiary::model

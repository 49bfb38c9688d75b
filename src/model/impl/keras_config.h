#pragma once

#include <string_view>

#include "model/facts.h"

namespace ostiary::model {

// Judges the configuration of a Keras model (JSON, as versions 1 to 3 write it): layers that hold code,
// functions and classes that are imported by name, layers that unpickle. `where` is a member or attribute
// that it stands in, for people. Sets the architecture where it is not known.
void judge_keras_config(std::string_view json, std::string_view where, Facts& out);

}  // namespace ostiary::model

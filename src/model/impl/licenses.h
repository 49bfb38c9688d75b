#pragma once

#include "model/model.h"

namespace ostiary::model {

// Finds which licence is meant: a name that the catalogue knows (as hubs and cards write it), or an
// expression of SPDX. What is neither stays unknown.
void recognise(Declared& one);

}  // namespace ostiary::model

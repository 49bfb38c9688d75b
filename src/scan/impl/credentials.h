#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"

namespace ostiary::scan {

// The catalogue's detectors of keys that open a service of models, by id.
std::vector<catalog::Detector> detectors_of_models();
// Them compiled, as inspect::DetectorSet::load() takes them; for the build. Some seconds.
Result<std::string> compiled_detectors_of_models();

}  // namespace ostiary::scan

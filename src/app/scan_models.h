#pragma once

#include "scan/scanner.h"

namespace ostiary::app {

// Looks into the model files that a scan of files met: what they declare as licence becomes the component's,
// all of it where places differ, and licences and hazards stand among its evidence with the detectors
// "license" and "hazard". What cannot be looked into stays as it was found.
void look_into_models(scan::Report& report);

}  // namespace ostiary::app

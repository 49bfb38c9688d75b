#include "inspect/detector_set.h"
#include "scan/impl/credentials.h"

namespace ostiary::scan {

std::vector<catalog::Detector> detectors_of_models() {
  std::vector<catalog::Detector> out;
  for (const auto& detector : catalog::detectors())
    if (!detector.models_provider.empty()) out.push_back(detector);
  return out;
}

Result<std::string> compiled_detectors_of_models() {
  TRY(const auto set, inspect::DetectorSet::make(detectors_of_models(), catalog::dampers()));
  return set.compiled();
}

}  // namespace ostiary::scan

#include <mutex>

#include "inspect/engine.h"

extern "C" {
extern const char ostiary_detectors_begin[];
extern const char ostiary_detectors_end[];
}

namespace ostiary::inspect {

Result<DetectorSet> builtin_detectors() {
  const std::string_view compiled(ostiary_detectors_begin,
                                  static_cast<std::size_t>(ostiary_detectors_end - ostiary_detectors_begin));
  auto detectors =
      DetectorSet::load(catalog::detectors(), catalog::dampers(), compiled, Pattern::Unpack::when_used);
  // Another Vectorscan than the one that the program was built with: the library is shared.
  if (!detectors && detectors.error().code == Code::newer)
    detectors = DetectorSet::make(catalog::detectors(), catalog::dampers());
  return detectors;
}

Result<std::shared_ptr<const DetectorSet>> shared_builtin_detectors() {
  static std::mutex loading;
  static std::shared_ptr<const DetectorSet> loaded;
  const std::lock_guard lock(loading);
  if (!loaded) {
    TRY(auto detectors, builtin_detectors());
    loaded = std::make_shared<const DetectorSet>(std::move(detectors));
  }
  return loaded;
}

Result<std::shared_ptr<const Engine>> Engine::builtin() {
  TRY(auto detectors, shared_builtin_detectors());
  return std::make_shared<const Engine>(std::move(detectors), std::make_shared<const AllowRules>());
}

}  // namespace ostiary::inspect

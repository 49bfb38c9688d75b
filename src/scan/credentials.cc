// Keys of services of models, by the detectors of the inspection engine that are for such keys.
#include "scan/impl/credentials.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "base/text.h"
#include "inspect/engine.h"
#include "scan/impl/detectors.h"

extern "C" {
extern const char ostiary_scan_credentials_begin[];
extern const char ostiary_scan_credentials_end[];
}

namespace ostiary::scan {

namespace {

Result<std::shared_ptr<const inspect::Engine>> load() {
  const std::string_view compiled(
      ostiary_scan_credentials_begin,
      static_cast<std::size_t>(ostiary_scan_credentials_end - ostiary_scan_credentials_begin));
  const auto specs = detectors_of_models();
  auto set =
      inspect::DetectorSet::load(specs, catalog::dampers(), compiled, inspect::Pattern::Unpack::when_used);
  // Another Vectorscan than the one that the program was built with: the library is shared.
  if (!set && set.error().code == Code::newer) set = inspect::DetectorSet::make(specs, catalog::dampers());
  if (!set) return std::unexpected(std::move(set.error()));
  return std::make_shared<const inspect::Engine>(std::move(*set));
}

const Result<std::shared_ptr<const inspect::Engine>>& engine() {
  static const auto loaded = load();
  return loaded;
}

const catalog::Detector* detector_of(std::string_view id) {
  const auto& all = catalog::detectors();
  const auto found = std::ranges::lower_bound(all, id, {}, &catalog::Detector::id);
  return found != all.end() && found->id == id ? &*found : nullptr;
}

bool counts(const catalog::Detector& detector, std::string_view text) {
  if (detector.models_beside.empty()) return true;
  const auto small = text::lower(text);
  return std::ranges::any_of(detector.models_beside,
                             [&](const std::string& beside) { return small.contains(beside); });
}

}  // namespace

void signs_of_credentials(const File& file, Signs& out) {
  const auto& shared = engine();
  if (!shared) {
    out.partial.push_back({std::string(file.path), files::Why::unreadable, shared.error().message});
    return;
  }
  thread_local std::unique_ptr<inspect::Inspecting> inspecting;
  if (!inspecting) inspecting = std::make_unique<inspect::Inspecting>(**shared);
  const auto inspection = inspecting->inspect(file.bytes);
  for (const auto& why : inspection.partial)
    out.partial.push_back({std::string(file.path), files::Why::unreadable, "keys: " + why});
  for (const auto& finding : inspection.findings) {
    const auto* detector = detector_of(finding.detector);
    if (!detector || finding.confidence == inspect::Confidence::low || !counts(*detector, file.bytes))
      continue;
    out.add({.kind = Kind::credential,
             .name = finding.detector,
             .grade = Grade::declared,
             .detector = "credential",
             .start = finding.location.start,
             .end = finding.location.end,
             .provider = detector->models_provider == "several" ? std::string() : detector->models_provider,
             .note = fmt::format("{}, {}", detector->name, finding.preview)});
  }
}

}  // namespace ostiary::scan

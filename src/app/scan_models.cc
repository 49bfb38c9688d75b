#include "app/scan_models.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "model/look.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kMostTold = 20;  // licences and hazards of one model

using ByFile = std::map<std::string_view, const model::Model*>;

// The file on the disk of a member of an archive, or the file itself.
std::string outer_of(const std::string& path) {
  return path.substr(0, path.find("!/"));
}

scan::Evidence told(const std::string& file, std::string detector, std::string note) {
  scan::Evidence out;
  out.place.file = file;
  out.grade = scan::Grade::declared;
  out.detector = std::move(detector);
  out.note = std::move(note);
  return out;
}

void add_evidence(scan::Component& component, const model::Model& model, std::set<std::string>& expressions) {
  std::vector<scan::Evidence> all;
  for (const auto& license : model.licenses) {
    if (!license.expression.empty()) expressions.insert(license.expression);
    all.push_back(told(license.place.file, "license",
                       license.place.field.empty() ? license.text
                                                   : fmt::format("{}: {}", license.place.field, license.text)));
  }
  for (const auto& hazard : model.hazards)
    if (hazard.severity > model::Severity::low)
      all.push_back(told(hazard.file, "hazard",
                         fmt::format("{} {}: {}", model::name(hazard.severity), hazard.id, hazard.detail)));
  // Hazards matter most where not all is told.
  std::ranges::sort(all, {}, [](const auto& one) { return one.detector; });
  if (all.size() > kMostTold) all.resize(kMostTold);
  component.places += all.size();
  std::ranges::move(all, std::back_inserter(component.evidence));
}

void complete(scan::Component& component, const ByFile& models) {
  std::set<const model::Model*> seen;
  std::set<std::string> expressions;
  const auto places = component.evidence;
  for (const auto& evidence : places) {
    const auto at = models.find(evidence.place.file);
    if (at != models.end() && seen.insert(at->second).second) add_evidence(component, *at->second, expressions);
  }
  if (seen.empty()) return;
  std::ranges::sort(component.evidence);
  if (component.evidence.size() > scan::Component::kMostEvidence)
    component.evidence.resize(scan::Component::kMostEvidence);
  std::string all;
  for (const auto& one : expressions) all += (all.empty() ? "" : " AND ") + one;
  if (!all.empty()) component.license = all;
}

}  // namespace

void look_into_models(scan::Report& report) {
  std::set<std::string> files;
  for (const auto& one : report.model_files) files.insert(outer_of(one.path));
  if (files.empty()) return;
  const auto looked = model::look({files.begin(), files.end()});
  if (!looked) return;
  ByFile by_file;
  for (const auto& one : looked->models)
    for (const auto& part : one.parts) by_file.emplace(part.path, &one);
  for (auto& component : report.components)
    if (component.kind == scan::Kind::model_file) complete(component, by_file);
}

}  // namespace ostiary::app

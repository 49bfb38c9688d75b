// model as a bill of materials.

#include <fmt/format.h>
#include <map>

#include "app/model_output.h"
#include "app/scan_output.h"
#include "app/verbs.h"
#include "report/cyclonedx.h"
#include "report/spdx.h"

namespace ostiary::app {

namespace {

// One licence is the declared one only where all places agree; the others stand as properties.
void add_licenses(report::BomComponent& one, const model::Model& from) {
  for (const auto& license : from.licenses) {
    const auto& text = license.expression.empty() ? license.text : license.expression;
    const bool first = !one.declared.known();
    const auto& before = one.declared.expression.empty() ? one.declared.name : one.declared.expression;
    if (first) {
      (license.expression.empty() ? one.declared.name : one.declared.expression) = text;
      one.declared.url = license.link;
    } else if (before != text) {
      one.properties.push_back(
          {"ostiary:license-conflict", fmt::format("{} says {}", license.place.file, text)});
    }
  }
}

report::BomComponent component_of(const model::Model& from) {
  report::BomComponent one;
  one.ref = "model/" + from.path;
  one.kind = report::BomKind::model;
  one.name = from.name.empty() ? from.path.substr(from.path.rfind('/') + 1) : from.name;
  one.properties.push_back({"ostiary:format", from.format});
  if (!from.quantization.empty()) one.properties.push_back({"ostiary:quantization", from.quantization});
  if (from.parameters) one.properties.push_back({"ostiary:parameters", fmt::format("{}", *from.parameters)});
  for (const auto& hazard : from.hazards)
    one.properties.push_back(
        {"ostiary:hazard", fmt::format("{} {}: {}", model::name(hazard.severity), hazard.id, hazard.detail)});
  add_licenses(one, from);
  one.model.emplace();
  one.model->architecture = from.architecture;
  for (const auto& part : from.parts) {
    report::BomOccurrence at;
    at.file = part.path;
    one.occurrences.push_back(std::move(at));
    if (from.parts.size() == 1 && !part.sha256.empty())
      one.hashes.push_back({report::BomHashKind::sha256, part.sha256});
  }
  return one;
}

// Models and datasets that are named, once each.
class Others {
 public:
  explicit Others(report::Bom& bom) : bom_(bom) {}
  void link(const std::string& from, const model::Named& to, report::BomKind kind, report::BomLink link) {
    const auto ref = fmt::format("{}/{}", kind == report::BomKind::model ? "base-model" : "dataset", to.name);
    if (!known_.contains(ref)) {
      report::BomComponent one;
      one.ref = ref;
      one.kind = kind;
      one.name = to.name;
      if (kind == report::BomKind::model)
        one.model.emplace();
      else
        one.dataset.emplace();
      known_.emplace(ref, true);
      bom_.components.push_back(std::move(one));
    }
    bom_.dependencies.push_back({from, ref, link});
  }

 private:
  report::Bom& bom_;
  std::map<std::string, bool> known_;
};

}  // namespace

std::string models_bom(const LookedAt& looked, std::string_view form) {
  const auto& report = looked.report;
  report::Bom bom;
  bom.name = "Models";
  bom.tool_version = version();
  bom.subject.ref = "looked-at";
  bom.subject.kind = report::BomKind::application;
  bom.subject.name = "models";
  bom.id = report::id_of_content(models_json(looked));
  bom.time = time_of_document();
  for (const auto& one : report.partial) bom.partial.push_back(fmt::format("{}: {}", one.path, one.text));
  Others others(bom);
  for (const auto& one : report.models) {
    bom.components.push_back(component_of(one));
    const auto ref = bom.components.back().ref;
    bom.dependencies.push_back({bom.subject.ref, ref, report::BomLink::contains});
    for (const auto& base : one.base_models)
      others.link(ref, base, report::BomKind::model, report::BomLink::derived_from);
    for (const auto& data : one.datasets)
      others.link(ref, data, report::BomKind::dataset, report::BomLink::trained_on);
  }
  if (form == "spdx") return report::spdx(bom) + '\n';
  return report::cyclonedx(
             bom, form == "cyclonedx-1.7" ? report::CycloneDxVersion::v1_7 : report::CycloneDxVersion::v1_6) +
         '\n';
}

}  // namespace ostiary::app

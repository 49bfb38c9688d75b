#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "report/impl/spdx_parts.h"

namespace ostiary::report {

namespace {

std::string_view presence(Known known) {
  return known == Known::yes ? "yes" : known == Known::no ? "no" : "noAssertion";
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, "\n"));
}

struct Entry {
  std::string key, value;
};

void write_dictionary(JsonText& json, std::string_view name, const std::vector<Entry>& entries) {
  if (entries.empty()) return;
  json.name(name).open('[');
  for (const auto& [key, value] : entries)
    json.open('{')
        .member("type", "DictionaryEntry")
        .member("key", std::string_view(key))
        .text("value", value)
        .close('}');
  json.close(']');
}

void write_energy(JsonText& json, const BomModel& model) {
  const std::array<std::pair<std::string_view, std::optional<std::string>>, 3> all{
      {{"ai_finetuningEnergyConsumption", decimal(model.fine_tuning_kwh)},
       {"ai_inferenceEnergyConsumption", decimal(model.inference_kwh)},
       {"ai_trainingEnergyConsumption", decimal(model.training_kwh)}}};
  if (std::ranges::none_of(all, [](const auto& one) { return one.second.has_value(); })) return;
  json.name("ai_energyConsumption").open('{').member("type", "ai_EnergyConsumption");
  for (const auto& [name, kwh] : all) {
    if (!kwh) continue;
    json.name(name).open('[').open('{').member("type", "ai_EnergyConsumptionDescription");
    json.member("ai_energyQuantity", std::string_view(*kwh)).member("ai_energyUnit", "kilowattHour");
    json.close('}').close(']');
  }
  json.close('}');
}

std::string application_of(const BomModel& model) {
  std::vector<std::string> parts = model.uses;
  if (!model.users.empty()) parts.push_back(fmt::format("Meant for: {}", fmt::join(model.users, ", ")));
  if (!model.data_classes.empty())
    parts.push_back(fmt::format("Data that goes into it: {}", fmt::join(model.data_classes, ", ")));
  return joined(parts);
}

std::vector<std::string> types_of(const BomModel& model) {
  std::vector<std::string> out;
  for (const auto* one : {&model.task, &model.family, &model.architecture})
    if (!one->empty() && std::ranges::find(out, *one) == out.end()) out.push_back(*one);
  return out;
}

void write_metrics(JsonText& json, const BomModel& model) {
  std::vector<Entry> metrics, thresholds;
  for (const auto& one : model.metrics) {
    const auto key = one.slice.empty() ? one.name : fmt::format("{} ({})", one.name, one.slice);
    metrics.push_back({key, one.value});
    if (!one.threshold.empty()) thresholds.push_back({key, one.threshold});
  }
  write_dictionary(json, "ai_metric", metrics);
  write_dictionary(json, "ai_metricDecisionThreshold", thresholds);
}

template <std::size_t n>
bool among(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// The types of SPDX; a type that it does not know is "other", none "noAssertion".
std::vector<std::string> dataset_types(const BomDataset& dataset) {
  static constexpr std::array<std::string_view, 12> kTypes{
      "audio",      "categorical", "graph", "image",      "numeric",   "sensor",
      "structured", "syntactic",   "text",  "timeseries", "timestamp", "video"};
  std::vector<std::string> out;
  for (const auto& type : dataset.types) out.push_back(among(kTypes, type) ? type : "other");
  if (out.empty()) out.emplace_back("noAssertion");
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

std::string_view availability_of(std::string_view word) {
  if (word == "direct-download") return "directDownload";
  if (word == "scraping-script") return "scrapingScript";
  static constexpr std::array<std::string_view, 3> kSame{"clickthrough", "query", "registration"};
  return among(kSame, word) ? word : "";
}

void add_service(std::vector<Entry>& out, const BomService& service) {
  for (const auto& one : service.endpoints) out.push_back({"ostiary:endpoint", one});
  for (const auto& one : service.data) {
    static constexpr std::array<std::string_view, 4> kFlows{"unknown", "inbound", "outbound",
                                                            "bi-directional"};
    out.push_back({"ostiary:data-class", one.data_class});
    out.push_back(
        {"ostiary:data-flow:" + one.data_class, std::string(kFlows.at(static_cast<std::size_t>(one.flow)))});
  }
  out.push_back({"ostiary:authenticated", std::string(name_of(service.authenticated))});
  out.push_back({"ostiary:crosses-trust-boundary", std::string(name_of(service.crosses_boundary))});
  if (!service.trust_zone.empty()) out.push_back({"ostiary:trust-zone", service.trust_zone});
}

void add_dataset(std::vector<Entry>& out, const BomDataset& dataset) {
  if (!dataset.classification.empty()) out.push_back({"ostiary:classification", dataset.classification});
  for (const auto& one : dataset.sensitive) out.push_back({"ostiary:dataset:sensitive", one});
  for (const auto& one : dataset.owners) out.push_back({"ostiary:dataset:owner", one});
}

}  // namespace

void write_spdx_model(JsonText& json, const BomComponent& component) {
  static constexpr std::array<std::string_view, 4> kRisks{"serious", "high", "medium", "low"};
  const BomModel unknown;
  const auto& model = component.model ? *component.model : unknown;
  json.member("ai_autonomyType", presence(model.autonomy)).texts("ai_domain", model.domains);
  write_energy(json, model);
  std::vector<Entry> parameters;
  for (const auto& one : model.hyperparameters) parameters.push_back({one.name, one.value});
  write_dictionary(json, "ai_hyperparameter", parameters);
  json.text("ai_informationAboutApplication", application_of(model));
  json.text("ai_informationAboutTraining", model.training).text("ai_limitation", joined(model.limitations));
  write_metrics(json, model);
  if (!model.explainability.empty()) json.texts("ai_modelExplainability", {model.explainability});
  if (among(kRisks, model.safety_risk))
    json.member("ai_safetyRiskAssessment", std::string_view(model.safety_risk));
  json.texts("ai_standardCompliance", model.standards).texts("ai_typeOfModel", types_of(model));
  json.member("ai_useSensitivePersonalInformation", presence(model.personal_data));
}

void write_spdx_dataset(JsonText& json, const BomComponent& component) {
  static constexpr std::array<std::string_view, 4> kLevels{"red", "amber", "green", "clear"};
  const BomDataset unknown;
  const auto& dataset = component.dataset ? *component.dataset : unknown;
  json.texts("dataset_anonymizationMethodUsed", dataset.anonymization);
  if (among(kLevels, dataset.confidentiality))
    json.member("dataset_confidentialityLevel", std::string_view(dataset.confidentiality));
  json.text("dataset_dataCollectionProcess", dataset.collection);
  json.texts("dataset_dataPreprocessing", dataset.preprocessing);
  json.text("dataset_datasetAvailability", availability_of(dataset.availability));
  if (dataset.bytes) json.member("dataset_datasetSize", *dataset.bytes);
  json.texts("dataset_datasetType", dataset_types(dataset));
  json.text("dataset_datasetUpdateMechanism", dataset.updates);
  json.member("dataset_hasSensitivePersonalInformation", presence(dataset.personal_data));
  json.text("dataset_intendedUse", dataset.intended_use).texts("dataset_knownBias", dataset.known_bias);
}

void write_spdx_properties(JsonText& json, const BomComponent& component) {
  std::vector<Entry> all;
  for (const auto& one : component.properties)
    if (!one.name.empty()) all.push_back({one.name, one.value});
  if (component.model) {
    for (const auto& one : component.model->inputs) all.push_back({"ostiary:ai:input", one});
    for (const auto& one : component.model->outputs) all.push_back({"ostiary:ai:output", one});
    if (!component.model->learning.empty()) all.push_back({"ostiary:ai:learning", component.model->learning});
  }
  if (component.dataset) add_dataset(all, *component.dataset);
  if (component.service) add_service(all, *component.service);
  if (all.empty()) return;
  json.name("extension").open('[').open('{').member("type", "extension_CdxPropertiesExtension");
  json.name("extension_cdxProperty").open('[');
  for (const auto& [name, value] : all)
    json.open('{')
        .member("type", "extension_CdxPropertyEntry")
        .member("extension_cdxPropName", std::string_view(name))
        .member("extension_cdxPropValue", std::string_view(value))
        .close('}');
  json.close(']').close('}').close(']');
}

}  // namespace ostiary::report

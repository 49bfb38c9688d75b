#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "report/impl/cyclonedx_parts.h"

namespace ostiary::report {

namespace {

bool is_learning(std::string_view learning) {
  static constexpr std::array<std::string_view, 5> kKinds{
      "supervised", "unsupervised", "reinforcement-learning", "semi-supervised", "self-supervised"};
  return std::ranges::find(kKinds, learning) != kKinds.end();
}

void write_formats(JsonText& json, std::string_view name, const std::vector<std::string>& formats) {
  if (formats.empty()) return;
  json.name(name).open('[');
  for (const auto& format : formats) json.open('{').member("format", std::string_view(format)).close('}');
  json.close(']');
}

void write_parameters(JsonText& json, const CycloneDxContext& context, std::size_t index,
                      const BomModel& model) {
  json.name("modelParameters").open('{');
  if (is_learning(model.learning))
    json.name("approach").open('{').member("type", std::string_view(model.learning)).close('}');
  json.text("task", model.task).text("architectureFamily", model.family);
  json.text("modelArchitecture", model.architecture);
  std::vector<std::size_t> datasets;
  for (const auto& link : context.placed.links_from(index))
    if (link.kind == BomLink::trained_on || link.kind == BomLink::tested_on) datasets.push_back(link.to);
  std::ranges::sort(datasets);
  datasets.erase(std::ranges::unique(datasets).begin(), datasets.end());
  if (!datasets.empty()) {
    json.name("datasets").open('[');
    for (const auto at : datasets)
      json.open('{').member("ref", std::string_view(context.placed.all()[at].ref)).close('}');
    json.close(']');
  }
  write_formats(json, "inputs", model.inputs);
  write_formats(json, "outputs", model.outputs);
  json.close('}');
}

void write_metrics(JsonText& json, const std::vector<BomMetric>& metrics) {
  if (metrics.empty()) return;
  json.name("quantitativeAnalysis").open('{').name("performanceMetrics").open('[');
  for (const auto& metric : metrics)
    json.open('{')
        .text("type", metric.name)
        .text("value", metric.value)
        .text("slice", metric.slice)
        .close('}');
  json.close(']').close('}');
}

void write_energy(JsonText& json, const BomModel& model) {
  const std::array<std::pair<std::string_view, std::optional<std::string>>, 3> all{
      {{"training", decimal(model.training_kwh)},
       {"fine-tuning", decimal(model.fine_tuning_kwh)},
       {"inference", decimal(model.inference_kwh)}}};
  if (std::ranges::none_of(all, [](const auto& one) { return one.second.has_value(); })) return;
  json.name("environmentalConsiderations").open('{').name("energyConsumptions").open('[');
  for (const auto& [activity, kwh] : all) {
    if (!kwh) continue;
    json.open('{').member("activity", activity).name("energyProviders").open('[').close(']');
    json.name("activityEnergyCost").open('{').number("value", *kwh).member("unit", "kWh").close('}');
    json.close('}');
  }
  json.close(']').close('}');
}

void write_considerations(JsonText& json, const BomModel& model) {
  json.name("considerations").open('{');
  json.texts("users", model.users).texts("useCases", model.uses);
  json.texts("technicalLimitations", model.limitations);
  write_energy(json, model);
  json.close('}');
}

Properties properties_of(const BomModel& model) {
  Properties out;
  out.add("ostiary:ai:personal-data", name_of(model.personal_data));
  out.add("ostiary:ai:autonomy", name_of(model.autonomy));
  out.add_all("ostiary:ai:domain", model.domains);
  out.add_all("ostiary:ai:data-class", model.data_classes);
  out.add_all("ostiary:ai:standard", model.standards);
  out.add_text("ostiary:ai:safety-risk", model.safety_risk);
  out.add_text("ostiary:ai:training", model.training);
  out.add_text("ostiary:ai:explainability", model.explainability);
  for (const auto& one : model.hyperparameters) out.add("ostiary:ai:hyperparameter:" + one.name, one.value);
  for (const auto& one : model.metrics)
    if (!one.threshold.empty()) out.add("ostiary:ai:threshold:" + one.name, one.threshold);
  return out;
}

void write_governance(JsonText& json, const std::vector<std::string>& owners) {
  if (owners.empty()) return;
  json.name("governance").open('{').name("owners").open('[');
  for (const auto& owner : owners)
    json.open('{')
        .name("organization")
        .open('{')
        .member("name", std::string_view(owner))
        .close('}')
        .close('}');
  json.close(']').close('}');
}

// What a dataset has beyond its name, as the contents' properties.
Properties contents_of(const BomDataset& dataset) {
  Properties out;
  out.add_all("ostiary:dataset:type", dataset.types);
  out.add("ostiary:dataset:personal-data", name_of(dataset.personal_data));
  out.add_text("ostiary:dataset:confidentiality", dataset.confidentiality);
  out.add_text("ostiary:dataset:collection", dataset.collection);
  out.add_text("ostiary:dataset:availability", dataset.availability);
  out.add_text("ostiary:dataset:intended-use", dataset.intended_use);
  out.add_all("ostiary:dataset:known-bias", dataset.known_bias);
  out.add_all("ostiary:dataset:preprocessing", dataset.preprocessing);
  out.add_all("ostiary:dataset:anonymization", dataset.anonymization);
  out.add_text("ostiary:dataset:updates", dataset.updates);
  if (dataset.bytes) out.add("ostiary:dataset:bytes", std::to_string(*dataset.bytes));
  return out;
}

}  // namespace

void Properties::write(JsonText& json) const {
  if (all_.empty()) return;
  json.name("properties").open('[');
  for (const auto& [name, value] : all_)
    json.open('{').member("name", std::string_view(name)).member("value", std::string_view(value)).close('}');
  json.close(']');
}

void write_model_card(JsonText& json, const CycloneDxContext& context, std::size_t index) {
  const BomModel unknown;
  const auto& component = *context.placed.all()[index].component;
  const auto& model = component.model ? *component.model : unknown;
  json.name("modelCard").open('{');
  write_parameters(json, context, index, model);
  write_metrics(json, model.metrics);
  write_considerations(json, model);
  properties_of(model).write(json);
  json.close('}');
}

void write_data(JsonText& json, const BomComponent& component) {
  const bool dataset = component.kind == BomKind::dataset;
  const bool configuration = component.kind == BomKind::configuration;
  json.name("data").open('[').open('{');
  json.member("type", dataset ? "dataset" : configuration ? "configuration" : "other");
  json.text("name", component.name);
  const BomDataset unknown;
  if (dataset || component.dataset) {
    const auto& known = component.dataset ? *component.dataset : unknown;
    json.name("contents").open('{');
    for (const auto& one : component.references)
      if (const auto url = place_uri(one.url); url && one.kind == BomReferenceKind::download) {
        json.member("url", std::string_view(*url));
        break;
      }
    contents_of(known).write(json);
    json.close('}').text("classification", known.classification).texts("sensitiveData", known.sensitive);
    write_governance(json, known.owners);
  }
  json.close('}').close(']');
}

}  // namespace ostiary::report

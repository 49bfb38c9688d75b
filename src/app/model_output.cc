#include "app/model_output.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "app/inspect_output.h"
#include "app/verbs.h"
#include "base/hash.h"
#include "catalog/catalog.h"
#include "json/writer.h"
#include "license/json.h"
#include "report/sarif.h"

namespace ostiary::app {

namespace {

using model::Declared;
using model::Hazard;
using model::Model;
using model::Severity;

std::string format_name(const Model& one) {
  const auto* format = catalog::find_format(one.format);
  return format ? format->name : one.format == "huggingface" ? "Hugging Face folder" : one.format;
}

// "8.03 B": three digits, as people say it.
std::string human_number(std::uint64_t n) {
  if (n < 1000) return fmt::format("{}", n);
  auto value = static_cast<double>(n);
  std::string_view unit = "k";
  for (const std::string_view next : {"k", "M", "B", "T"}) {
    unit = next;
    value /= 1000;
    if (value < 999.5) break;
  }
  return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, unit);
}

std::string painted(const Style& style, Severity severity) {
  const auto word = fmt::format("{:<6}", model::name(severity));
  return severity == Severity::high     ? style.red(word)
         : severity == Severity::medium ? style.yellow(word)
                                        : word;
}

std::string painted(const Style& style, license::Weight weight) {
  const auto word = fmt::format("{}:", license::name(weight));
  return weight == license::Weight::conflict  ? style.red(word)
         : weight == license::Weight::warning ? style.yellow(word)
                                              : word;
}

// The file where it is not the model itself, and the field.
std::string place_text(const Model& one, const model::Place& place) {
  auto out = place.file == one.path ? std::string() : printable(place.file);
  if (!place.field.empty()) out += (out.empty() ? "" : ": ") + printable(place.field);
  return out;
}

std::string license_text(const Declared& license) {
  const auto text = printable(license.text);
  return license.expression.empty() || license.expression == text
             ? text
             : fmt::format("{} ({})", license.expression, text);
}

void add_row(std::string& out, const Style& style, std::string_view label, std::string_view text,
             const std::string& place) {
  out += fmt::format("  {:<9} {}", label, text);
  if (!place.empty()) out += "  " + style.faint(place);
  out += '\n';
}

std::string model_text(const Model& one, const license::Lineage& lineage, const Style& style) {
  auto out = style.bold(printable(one.path));
  if (!one.name.empty()) out += "  " + printable(one.name);
  out += "\n  " + format_name(one);
  for (const auto& part : {one.architecture, one.quantization})
    if (!part.empty()) out += ", " + printable(part);
  if (one.parameters) out += fmt::format(", {} parameters", human_number(*one.parameters));
  if (one.parts.size() > 1) out += fmt::format(", {} files", one.parts.size());
  out += '\n';
  if (one.licenses.empty()) add_row(out, style, "license", style.yellow("declared nowhere"), "");
  for (const auto& license : one.licenses)
    add_row(out, style, "license", license_text(license), place_text(one, license.place));
  for (const auto& base : one.base_models)
    add_row(out, style, "based on", printable(base.name), place_text(one, base.place));
  for (const auto& data : one.datasets)
    add_row(out, style, "data", printable(data.name), place_text(one, data.place));
  for (const auto& conflict : lineage.conflicts)
    add_row(out, style, "conflict",
            fmt::format("{} {}", painted(style, conflict.weight), printable(conflict.text)), "");
  for (const auto& hazard : one.hazards)
    add_row(out, style, "hazard",
            fmt::format("{} {}: {}", painted(style, hazard.severity), hazard.id, printable(hazard.detail)),
            place_text(one, {hazard.file, ""}));
  for (const auto& part : one.parts)
    if (!part.sha256.empty()) add_row(out, style, "sha256", part.sha256, printable(part.path));
  return out;
}

void write_place(json::Writer& w, const model::Place& place) {
  w.key("location");
  w.begin_object();
  w.member("field", place.field);
  w.member("file", place.file);
  w.end_object();
}

void write_license(json::Writer& w, const Declared& license) {
  w.begin_object();
  w.member("category", license.category.empty() ? "unknown" : license.category);
  w.member("declared", license.text);
  w.member("expression", license.expression.empty() ? "NOASSERTION" : license.expression);
  w.member("link", license.link);
  write_place(w, license.place);
  w.member("source", license.source);
  w.end_object();
}

void write_named(json::Writer& w, std::string_view key, const std::vector<model::Named>& all) {
  w.key(key);
  w.begin_array();
  for (const auto& one : all) {
    w.begin_object();
    write_place(w, one.place);
    w.member("name", one.name);
    w.end_object();
  }
  w.end_array();
}

void write_hazard(json::Writer& w, const Hazard& hazard) {
  w.begin_object();
  w.member("detail", hazard.detail);
  w.member("id", hazard.id);
  w.key("location");
  w.begin_object();
  if (hazard.end > 0) w.member("end", hazard.end);
  w.member("file", hazard.file);
  if (hazard.end > 0) w.member("start", hazard.start);
  w.end_object();
  w.member("severity", model::name(hazard.severity));
  w.end_object();
}

template <class T>
void write_each(json::Writer& w, std::string_view key, const std::vector<T>& all) {
  w.key(key);
  w.begin_array();
  for (const auto& one : all) {
    std::string json;
    license::append_json(json, one);
    w.raw(json);
  }
  w.end_array();
}

void write_parts(json::Writer& w, const Model& one, const license::Lineage& lineage) {
  w.key("digests");
  w.begin_array();
  for (const auto& part : one.parts) {
    if (part.sha256.empty()) continue;
    w.begin_object();
    w.member("file", part.path);
    w.member("sha256", part.sha256);
    w.end_object();
  }
  w.end_array();
  write_each(w, "duties", lineage.duties);
  w.key("files");
  w.begin_array();
  for (const auto& part : one.parts) {
    w.begin_object();
    w.member("bytes", part.bytes);
    w.member("path", part.path);
    w.end_object();
  }
  w.end_array();
}

void write_model(json::Writer& w, const Model& one, const license::Lineage& lineage) {
  w.begin_object();
  w.member("architecture", one.architecture);
  write_named(w, "base_models", one.base_models);
  write_each(w, "conflicts", lineage.conflicts);
  write_named(w, "datasets", one.datasets);
  write_parts(w, one, lineage);
  w.member("format", one.format);
  w.key("hazards");
  w.begin_array();
  for (const auto& hazard : one.hazards) write_hazard(w, hazard);
  w.end_array();
  w.key("licenses");
  w.begin_array();
  for (const auto& license : one.licenses) write_license(w, license);
  w.end_array();
  w.member("name", one.name);
  w.member_or_null("parameters", one.parameters);
  w.member("path", one.path);
  w.member("quantization", one.quantization);
  w.end_object();
}

report::SarifLevel level_of(Severity severity) {
  return severity == Severity::high     ? report::SarifLevel::error
         : severity == Severity::medium ? report::SarifLevel::warning
                                        : report::SarifLevel::note;
}

}  // namespace

std::string models_text(const LookedAt& looked, const Style& style) {
  std::string out;
  const auto& models = looked.report.models;
  for (std::size_t i = 0; i < models.size(); ++i)
    out += (i == 0 ? "" : "\n") + model_text(models[i], looked.lineages[i], style);
  return out + partial_text(looked.report.partial, style);
}

std::string models_json(const LookedAt& looked) {
  const auto& report = looked.report;
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("kind", "model");
  w.key("models");
  w.begin_array();
  for (std::size_t i = 0; i < report.models.size(); ++i) write_model(w, report.models[i], looked.lineages[i]);
  w.end_array();
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  write_partial(w, report.partial);
  w.key("summary");
  w.begin_object();
  w.member("bytes", report.summary.bytes);
  w.member("files", report.summary.files);
  w.end_object();
  w.end_object();
  return out + '\n';
}

std::string models_sarif(const LookedAt& looked) {
  const auto& report = looked.report;
  report::SarifRun run;
  run.tool = "ostiary";
  run.version = version();
  std::set<std::string> rules;
  for (const auto& one : report.models)
    for (const auto& hazard : one.hazards) {
      report::SarifResult result;
      result.rule = hazard.id;
      result.level = level_of(hazard.severity);
      result.message = hazard.detail;
      result.location.file = hazard.file;
      result.location.start = hazard.start, result.location.end = hazard.end;
      result.fingerprint =
          hex(sha256(fmt::format("{}\n{}\n{}", hazard.id, hazard.file, hazard.detail))).substr(0, 16);
      run.results.push_back(std::move(result));
      if (!rules.insert(hazard.id).second) continue;
      report::SarifRule rule;
      rule.id = rule.name = hazard.id;
      rule.summary = "a hazard of a model file: " + hazard.id;
      run.rules.push_back(std::move(rule));
    }
  for (const auto& partial : report.partial) run.partial.push_back({partial.path, partial.text});
  return report::sarif(std::move(run)) + '\n';
}

std::string models_summary(const LookedAt& looked) {
  const auto& report = looked.report;
  std::size_t hazards = 0, conflicts = 0;
  for (const auto& lineage : looked.lineages) conflicts += lineage.conflicts.size();
  for (const auto& one : report.models) hazards += one.hazards.size();
  auto out = fmt::format("{} models in {} files ({})", grouped(report.models.size()),
                         grouped(report.summary.files), human_bytes(report.summary.bytes));
  if (hazards > 0) out += fmt::format("; {} hazards", grouped(hazards));
  if (conflicts > 0) out += fmt::format("; {} conflicts of licenses", grouped(conflicts));
  if (!report.partial.empty()) out += fmt::format("; {} not read", grouped(report.partial.size()));
  return out;
}

}  // namespace ostiary::app

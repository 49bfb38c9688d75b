#include "report/sarif.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "report/impl/written.h"

namespace ostiary::report {

namespace {

constexpr std::string_view kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

std::string_view name_of(SarifLevel level) {
  switch (level) {
    case SarifLevel::none:
      return "none";
    case SarifLevel::note:
      return "note";
    case SarifLevel::warning:
      return "warning";
    case SarifLevel::error:
      return "error";
  }
  return "none";
}

void write_text(JsonText& json, std::string_view name, std::string_view text) {
  json.name(name).open('{').member("text", text).close('}');
}

void write_file(JsonText& json, std::string_view file) {
  std::string uri = file.starts_with('/') ? "file://" : "";
  append_uri(uri, file);
  json.name("artifactLocation").open('{').member("uri", std::string_view(uri));
  if (!file.starts_with('/')) json.member("uriBaseId", "%SRCROOT%");
  json.close('}');
}

void write_rule(JsonText& json, const SarifRule& rule) {
  json.open('{').member("id", std::string_view(rule.id));
  if (!rule.name.empty()) json.member("name", std::string_view(rule.name));
  if (!rule.summary.empty()) write_text(json, "shortDescription", rule.summary);
  if (!rule.help.empty()) write_text(json, "help", rule.help);
  if (!rule.help_uri.empty()) json.member("helpUri", std::string_view(rule.help_uri));
  json.name("defaultConfiguration").open('{').member("level", name_of(rule.level)).close('}');
  if (!rule.tags.empty()) {
    json.name("properties").open('{').name("tags").open('[');
    for (const auto& tag : rule.tags) json.value(std::string_view(tag));
    json.close(']').close('}');
  }
  json.close('}');
}

void write_region(JsonText& json, const SarifLocation& location) {
  json.name("region").open('{');
  if (location.line > 0) {
    json.member("startLine", location.line);
    if (location.column > 0) json.member("startColumn", location.column);
    if (location.end_line > 0) json.member("endLine", location.end_line);
    if (location.end_column > 0) json.member("endColumn", location.end_column);
  }
  json.member("byteOffset", location.start).member("byteLength", location.end - location.start).close('}');
}

void write_location(JsonText& json, const SarifLocation& location) {
  json.name("locations").open('[').open('{');
  if (!location.file.empty()) {
    json.name("physicalLocation").open('{');
    write_file(json, location.file);
    write_region(json, location);
    json.close('}');
  }
  if (!location.pointer.empty())
    json.name("logicalLocations")
        .open('[')
        .open('{')
        .member("fullyQualifiedName", std::string_view(location.pointer))
        .close('}')
        .close(']');
  json.close('}').close(']');
}

void write_result(JsonText& json, const SarifResult& result,
                  const std::map<std::string_view, std::uint64_t>& rules) {
  json.open('{').member("ruleId", std::string_view(result.rule));
  if (const auto found = rules.find(result.rule); found != rules.end())
    json.member("ruleIndex", found->second);
  // A level of "none" is for results that are no problem (3.27.9, 3.27.10).
  if (result.level == SarifLevel::none) json.member("kind", "informational");
  json.member("level", name_of(result.level));
  write_text(json, "message", result.message);
  if (!result.location.file.empty() || !result.location.pointer.empty())
    write_location(json, result.location);
  if (!result.fingerprint.empty())
    json.name("partialFingerprints")
        .open('{')
        .member("ostiary/v1", std::string_view(result.fingerprint))
        .close('}');
  json.name("suppressions").open('[');
  if (result.suppressed) {
    json.open('{').member("kind", "external").member("status", "accepted");
    if (!result.suppressed->empty()) json.member("justification", std::string_view(*result.suppressed));
    json.close('}');
  }
  json.close(']').close('}');
}

void write_invocation(JsonText& json, const SarifRun& run) {
  json.name("invocations").open('[').open('{').member("executionSuccessful", run.successful);
  if (!run.partial.empty()) {
    json.name("toolExecutionNotifications").open('[');
    for (const auto& partial : run.partial) {
      json.open('{').member("level", "warning");
      write_text(json, "message", "not read: " + partial.text);
      if (!partial.file.empty()) {
        json.name("locations").open('[').open('{').name("physicalLocation").open('{');
        write_file(json, partial.file);
        json.close('}').close('}').close(']');
      }
      json.close('}');
    }
    json.close(']');
  }
  json.close('}').close(']');
}

void put_in_order(SarifRun& run) {
  std::ranges::sort(run.rules, {}, &SarifRule::id);
  std::ranges::sort(run.results, {}, [](const SarifResult& r) {
    const auto& at = r.location;
    return std::tie(at.file, at.pointer, at.start, at.end, r.rule, r.fingerprint, r.message, r.level,
                    r.suppressed);
  });
  std::ranges::sort(run.partial, {}, [](const SarifPartial& p) { return std::tie(p.file, p.text); });
}

}  // namespace

std::string sarif(SarifRun run) {
  put_in_order(run);
  std::map<std::string_view, std::uint64_t> rules;
  for (const auto& rule : run.rules) rules.emplace(rule.id, rules.size());
  JsonText json;
  json.open('{').member("$schema", kSchema).member("version", "2.1.0").name("runs").open('[').open('{');
  json.name("tool").open('{').name("driver").open('{').member("name", std::string_view(run.tool));
  if (!run.version.empty()) json.member("version", std::string_view(run.version));
  if (!run.uri.empty()) json.member("informationUri", std::string_view(run.uri));
  json.name("rules").open('[');
  for (const auto& rule : run.rules) write_rule(json, rule);
  json.close(']').close('}').close('}');
  write_invocation(json, run);
  json.member("columnKind", "unicodeCodePoints").name("results").open('[');
  for (const auto& result : run.results) write_result(json, result, rules);
  json.close(']').close('}').close(']').close('}');
  return json.take() + "\n";
}

}  // namespace ostiary::report

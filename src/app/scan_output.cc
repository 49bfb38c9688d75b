#include "app/scan_output.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "app/inspect_output.h"
#include "base/hash.h"
#include "catalog/catalog.h"
#include "json/writer.h"
#include "report/sarif.h"

namespace ostiary::app {

namespace {

using scan::Component;
using scan::Grade;
using scan::Kind;

std::string place(const scan::Place& at) {
  const auto file = printable(at.file);
  return at.line == 0 ? file : fmt::format("{}:{}:{}", file, at.line, at.column);
}

std::string_view effect_of(const ComponentDecision& decision) {
  return decision.concerns ? policy::name(decision.decision.effect) : std::string_view();
}

std::string painted(const Style& style, std::string_view effect) {
  if (effect == "deny") return style.red(effect);
  if (effect == "allow") return style.green(effect);
  return effect.empty() ? std::string() : style.yellow(effect);
}

// The first place of the strongest evidence.
const scan::Evidence* shown_first(const Component& component) {
  for (const auto& evidence : component.evidence)
    if (evidence.grade == component.grade) return &evidence;
  return nullptr;
}

std::string flags_of(const Component& component) {
  if (std::ranges::any_of(component.evidence, [](const auto& one) { return one.detector == "hazard"; }))
    return "hazard";
  if (component.undeclared) return "undeclared";
  return component.unused ? "unused" : "";
}

std::string reached(const Component& component) {
  if (component.provider.empty()) return component.surface;
  return component.surface.empty() ? component.provider
                                   : fmt::format("{} {}", component.provider, component.surface);
}

std::string evidence_text(const Component& component, const Style& style) {
  std::string out;
  for (const auto& evidence : component.evidence)
    out +=
        fmt::format("    {}  {}  {}\n", place(evidence.place), style.faint(scan::name(evidence.grade)),
                    style.faint(evidence.note.empty() ? evidence.detector
                                                      : evidence.detector + ": " + printable(evidence.note)));
  if (component.places > component.evidence.size())
    out += fmt::format("    and {} more\n", grouped(component.places - component.evidence.size()));
  return out;
}

void write_license(json::Writer& w, const Component& component) {
  w.key("license");
  w.begin_object();
  w.member("category", "unknown");
  w.member("expression", component.license.empty() ? "NOASSERTION" : component.license);
  w.member("source", component.license.empty()           ? "none"
                     : component.kind == Kind::model_file ? "declared"
                                                          : "catalog");
  w.end_object();
}

void write_decision(json::Writer& w, const ComponentDecision& decision) {
  w.key("decision");
  if (!decision.concerns) return w.null();
  w.begin_object();
  w.member("effect", policy::name(decision.decision.effect));
  w.key("missing");
  w.begin_array();
  for (const auto& fact : decision.decision.missing) w.string(fact);
  w.end_array();
  w.member("mode", policy::name(decision.decision.mode));
  w.key("rules");
  w.begin_array();
  for (const auto& rule : decision.decision.rules) {
    w.begin_object();
    w.member("clause", rule.clause);
    w.member("id", rule.id);
    w.end_object();
  }
  w.end_array();
  w.end_object();
}

void write_evidence(json::Writer& w, const scan::Evidence& evidence) {
  const auto& at = evidence.place;
  w.begin_object();
  w.member("detector", evidence.detector);
  w.member("grade", scan::name(evidence.grade));
  w.key("location");
  write_place(w, at);
  w.member("note", evidence.note);
  w.end_object();
}

void write_component(json::Writer& w, const Component& component, const ComponentDecision& decision) {
  w.begin_object();
  write_decision(w, decision);
  w.key("evidence");
  w.begin_array();
  for (const auto& evidence : component.evidence) write_evidence(w, evidence);
  w.end_array();
  w.member("grade", scan::name(component.grade));
  w.member("kind", scan::name(component.kind));
  write_license(w, component);
  w.member("name", component.name);
  w.member("places", component.places);
  w.member("provider", component.provider);
  w.member("surface", component.surface);
  w.member("undeclared", component.undeclared);
  w.member("unused", component.unused);
  w.member("version", component.version);
  w.end_object();
}

std::map<std::string_view, std::uint64_t> by_kind(const std::vector<Component>& components) {
  std::map<std::string_view, std::uint64_t> out;
  for (const auto& component : components) ++out[scan::name(component.kind)];
  return out;
}

report::SarifLevel level_of(const ComponentDecision& decision) {
  if (!decision.concerns) return report::SarifLevel::note;
  if (decision.decision.effect == policy::Effect::deny) return report::SarifLevel::error;
  return decision.decision.effect == policy::Effect::allow ? report::SarifLevel::note
                                                           : report::SarifLevel::warning;
}

void add_results(report::SarifRun& run, const Component& component, report::SarifLevel level,
                 const std::string& suppressed) {
  for (const auto& evidence : component.evidence) {
    const auto& at = evidence.place;
    report::SarifResult result;
    result.rule = std::string(scan::name(component.kind));
    result.level = level;
    result.message = fmt::format("{} {}{}{}", component.name, scan::name(evidence.grade),
                                 evidence.note.empty() ? "" : ": ", evidence.note);
    result.location = {.file = at.file,
                       .pointer = {},
                       .start = at.start,
                       .end = at.end,
                       .line = at.line,
                       .column = at.column};
    result.fingerprint =
        hex(sha256(fmt::format("{}\n{}\n{}\n{}", result.rule, component.name, evidence.detector, at.file)))
            .substr(0, 16);
    if (!suppressed.empty()) result.suppressed = suppressed;
    run.results.push_back(std::move(result));
  }
}

}  // namespace

void write_place(json::Writer& w, const scan::Place& at) {
  w.begin_object();
  if (at.line > 0) w.member("column", at.column);
  if (at.line > 0) w.member("end", at.end);
  w.member("file", at.file);
  if (at.line > 0) w.member("line", at.line);
  if (at.line > 0) w.member("start", at.start);
  w.end_object();
}

std::string scan_text(const Scanned& scanned, const ScanOptions& options) {
  const auto style = style_of(options.common);
  std::string out;
  const auto& components = scanned.report.components;
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < components.size(); ++i) {
    const auto& component = components[i];
    const auto* first = shown_first(component);
    const auto more = component.places > 1 ? fmt::format(" +{}", component.places - 1) : "";
    rows.push_back({std::string(scan::name(component.kind)), style.bold(printable(component.name)),
                    std::string(scan::name(component.grade)), reached(component),
                    printable(component.version), component.license,
                    painted(style, effect_of(scanned.decisions[i])), flags_of(component),
                    options.evidence || !first ? "" : place(first->place) + style.faint(more)});
  }
  if (!options.evidence) {
    out = table(rows);
  } else {
    for (std::size_t i = 0; i < rows.size(); ++i)
      out += table({rows[i]}) + evidence_text(components[i], style);
  }
  return out + partial_text(scanned.report.partial, style);
}

std::string scan_json(const Scanned& scanned) {
  std::string out;
  json::Writer w(out);
  const auto& report = scanned.report;
  w.begin_object();
  w.key("components");
  w.begin_array();
  for (std::size_t i = 0; i < report.components.size(); ++i)
    write_component(w, report.components[i], scanned.decisions[i]);
  w.end_array();
  w.member("kind", "scan");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  write_partial(w, report.partial);
  w.key("policy");
  w.begin_object();
  w.member("digest", scanned.policy_digest);
  w.member("version", scanned.policy);
  w.end_object();
  w.key("summary");
  w.begin_object();
  w.member("archives", report.summary.archives);
  w.member("bytes", report.summary.bytes);
  w.key("by_kind");
  w.begin_object();
  for (const auto& [kind, count] : by_kind(report.components)) w.member(kind, count);
  w.end_object();
  w.member("commits", report.summary.commits);
  w.member("files", report.summary.files);
  w.key("history_not_read");
  if (report.summary.history_not_read.empty())
    w.null();
  else
    w.string(report.summary.history_not_read);
  w.member("ignored", report.summary.ignored);
  w.member("known", std::uint64_t{scanned.known.size()});
  w.member("links", report.summary.links);
  w.end_object();
  w.end_object();
  return out + '\n';
}

std::string scan_sarif(const Scanned& scanned) {
  report::SarifRun run;
  run.tool = "ostiary";
  run.version = version();
  std::set<Kind> kinds;
  for (std::size_t i = 0; i < scanned.report.components.size(); ++i) {
    add_results(run, scanned.report.components[i], level_of(scanned.decisions[i]), "");
    kinds.insert(scanned.report.components[i].kind);
  }
  for (const auto& component : scanned.known) {
    add_results(run, component, report::SarifLevel::note, "known before");
    kinds.insert(component.kind);
  }
  for (const auto kind : kinds) {
    report::SarifRule rule;
    rule.id = std::string(scan::name(kind));
    rule.name = rule.id;
    rule.summary = fmt::format("a use of AI: {}", rule.id);
    rule.level = report::SarifLevel::note;
    run.rules.push_back(std::move(rule));
  }
  for (const auto& partial : scanned.report.partial) run.partial.push_back({partial.path, partial.text});
  return report::sarif(std::move(run)) + '\n';
}

std::string scan_summary(const Scanned& scanned) {
  const auto& report = scanned.report;
  std::string kinds;
  for (const auto& [kind, count] : by_kind(report.components))
    kinds += fmt::format("{}{} {}", kinds.empty() ? ": " : ", ", count, kind);
  auto out = fmt::format("{} uses of AI in {} files ({}){}", grouped(report.components.size()),
                         grouped(report.summary.files), human_bytes(report.summary.bytes), kinds);
  if (report.summary.commits > 0) out += fmt::format(" and {} commits", grouped(report.summary.commits));
  if (!report.summary.history_not_read.empty())
    out += fmt::format("; the history was not read: {}", printable(report.summary.history_not_read));
  if (!scanned.known.empty()) out += fmt::format("; {} known before", grouped(scanned.known.size()));
  if (!report.partial.empty()) out += fmt::format("; {} not read", grouped(report.partial.size()));
  return out;
}

}  // namespace ostiary::app

#include "app/inspect_output.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "app/verbs.h"
#include "json/writer.h"
#include "report/sarif.h"

namespace ostiary::app {

namespace {

using inspect::Confidence;

std::string place(const inspect::Location& at) {
  const auto file = at.file.empty() ? "-" : printable(at.file);
  return at.line == 0 ? fmt::format("{}:{}", file, at.pointer)
                      : fmt::format("{}:{}:{}", file, at.line, at.column);
}

std::string painted(const Style& style, Confidence confidence) {
  const auto word = fitted(inspect::name(confidence), 6);
  if (confidence == Confidence::high) return style.red(word);
  return confidence == Confidence::medium ? style.yellow(word) : style.faint(word);
}

const catalog::Detector* detector(const Inspected& inspected, std::string_view id) {
  for (const auto& d : inspected.engine->detectors().detectors())
    if (d.spec.id == id) return &d.spec;
  return nullptr;
}

std::string accepted_by(const catalog::AllowRule& rule) {
  return fmt::format("accepted by {} until {}: {}", rule.by, rule.until, rule.because);
}

report::SarifLevel level_of(Confidence confidence) {
  if (confidence == Confidence::high) return report::SarifLevel::error;
  return confidence == Confidence::medium ? report::SarifLevel::warning : report::SarifLevel::note;
}

report::SarifResult result_of(const Inspected& inspected, const inspect::Finding& finding,
                              std::string suppressed) {
  const auto* d = detector(inspected, finding.detector);
  report::SarifResult result;
  result.rule = finding.detector;
  result.level = level_of(finding.confidence);
  result.message = fmt::format("{}: {}", d ? d->name : finding.detector, finding.preview);
  const auto& at = finding.location;
  result.location = {.file = at.file,
                     .pointer = at.pointer,
                     .start = at.start,
                     .end = at.end,
                     .line = at.line,
                     .column = at.column};
  result.fingerprint = finding.fingerprint;
  if (!suppressed.empty()) result.suppressed = std::move(suppressed);
  return result;
}

}  // namespace

void write_partial(json::Writer& w, const std::vector<files::Partial>& partial) {
  w.begin_array();
  for (const auto& one : partial) {
    w.begin_object();
    w.member("file", one.path);
    w.member("text", one.text);
    w.member("why", files::name_of(one.why));
    w.end_object();
  }
  w.end_array();
}

std::string partial_text(const std::vector<files::Partial>& partial, const Style& style) {
  std::string out;
  for (const auto& one : partial)
    out += fmt::format("{}  {}  {}\n", style.bold(printable(one.path)), style.yellow("not read"),
                       printable(one.text));
  return out;
}

std::string inspection_text(const Inspected& inspected, const Style& style) {
  std::string out;
  for (std::size_t i = 0; i < inspected.findings.size(); ++i) {
    const auto& finding = inspected.findings[i];
    const auto* d = detector(inspected, finding.detector);
    const auto shown = inspected.values.empty() ? finding.preview : inspected.values[i];
    out += fmt::format("{}  {}  {}  {}  {}\n", style.bold(place(finding.location)),
                       painted(style, finding.confidence), d ? d->name : finding.detector, printable(shown),
                       style.faint(finding.fingerprint));
  }
  return out + partial_text(inspected.sources.partial, style);
}

std::string inspection_json(const Inspected& inspected) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("allowed");
  w.begin_array();
  for (const auto& [finding, rule] : inspected.allowed) {
    std::string one;
    inspect::append_json(one, finding);
    w.begin_object();
    w.member("because", rule->because);
    w.member("by", rule->by);
    w.key("finding");
    w.raw(one);
    w.member("rule", rule->id);
    w.member("until", rule->until);
    w.end_object();
  }
  w.end_array();
  w.key("classes");
  w.begin_array();
  for (const auto& klass : inspected.classes) w.string(klass);
  w.end_array();
  w.key("findings");
  w.begin_array();
  for (const auto& finding : inspected.findings) {
    std::string one;
    inspect::append_json(one, finding);
    w.raw(one);
  }
  w.end_array();
  w.member("kind", "inspection");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  write_partial(w, inspected.sources.partial);
  w.key("size");
  w.begin_object();
  w.member("attachments", inspected.size.attachments);
  w.member("bytes", inspected.size.bytes);
  w.member("lines", inspected.size.lines);
  w.member("tokens", inspected.size.tokens);
  w.end_object();
  w.end_object();
  return out + '\n';
}

std::string inspection_sarif(const Inspected& inspected) {
  report::SarifRun run;
  run.tool = "ostiary";
  run.version = version();
  std::set<std::string> rules;
  for (const auto* findings : {&inspected.findings, &inspected.known})
    for (const auto& finding : *findings) {
      run.results.push_back(
          result_of(inspected, finding, findings == &inspected.known ? "stands in the baseline" : ""));
      rules.insert(finding.detector);
    }
  for (const auto& [finding, rule] : inspected.allowed) {
    run.results.push_back(result_of(inspected, finding, accepted_by(*rule)));
    rules.insert(finding.detector);
  }
  for (const auto& id : rules) {
    const auto* d = detector(inspected, id);
    report::SarifRule rule;
    rule.id = id;
    rule.name = d ? d->name : id;
    rule.summary = rule.name;
    if (d) rule.help = d->opens.empty() ? d->standard : d->opens;
    if (d) rule.tags = {d->klass};
    run.rules.push_back(std::move(rule));
  }
  for (const auto& partial : inspected.sources.partial) run.partial.push_back({partial.path, partial.text});
  return report::sarif(std::move(run)) + '\n';
}

}  // namespace ostiary::app

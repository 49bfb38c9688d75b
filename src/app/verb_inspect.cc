// inspect: what texts hold.

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "app/impl/terminal.h"
#include "app/inspect_alarms.h"
#include "app/inspect_baseline.h"
#include "app/inspect_call.h"
#include "app/inspect_explain.h"
#include "app/inspect_output.h"
#include "app/inspect_sources.h"
#include "app/learn_own_code.h"
#include "app/own_rules.h"
#include "app/verbs.h"
#include "files/content.h"
#include "inspect/engine.h"
#include "inspect/redact.h"
#include "inspect/tokens.h"

namespace ostiary::app {

namespace {

using inspect::Confidence;

Confidence confidence_of(std::string_view word) {
  if (word == "high") return Confidence::high;
  return word == "medium" ? Confidence::medium : Confidence::low;
}

bool is_new(const Source& source, const inspect::Finding& finding) {
  return !source.lines || std::ranges::any_of(*source.lines, [&](const files::LineRange& range) {
    return finding.location.line >= range.first && finding.location.line <= range.last;
  });
}

std::string no_body(const Error& error) {
  return "it is no request in JSON: " + error.text();
}

class Run {
 public:
  Run(const InspectOptions& options, std::shared_ptr<const inspect::Engine> engine)
      : options_(options), inspecting_(*engine) {
    out_.engine = std::move(engine);
  }
  Result<> read_known() {
    if (options_.baseline.empty() || options_.write_baseline) return {};
    TRY(known_, read_baseline(options_.baseline));
    return {};
  }
  void take(const Source& source);
  void measure(std::string_view text);
  inspect::Inspection inspected(const Source& source);
  Inspected finish(SourceSummary sources);
  Result<std::string> redacted_text() const {
    if (wide_)
      return fail(Code::invalid, "--redact writes neither UTF-16 nor NULs; convert the text to UTF-8 first");
    return redacted_;
  }

 private:
  const InspectOptions& options_;
  inspect::Inspecting inspecting_;
  Baseline known_;
  Inspected out_;
  std::set<std::string> classes_;
  std::vector<files::Partial> partial_;
  Result<std::string> redacted_;
  bool wide_ = false;
};

void Run::measure(std::string_view text) {
  out_.size.bytes += text.size();
  out_.size.lines += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
  if (!text.empty() && text.back() != '\n') ++out_.size.lines;
  out_.size.tokens += inspect::estimate_tokens(text);
}

inspect::Inspection Run::inspected(const Source& source) {
  if (!options_.as_body) return inspecting_.inspect(source.bytes, source.file);
  const auto body = json::Document::parse(source.bytes, {.refuse_duplicates = false});
  if (body) return inspecting_.inspect(*body);
  inspect::Inspection unread;
  unread.partial.push_back(no_body(body.error()));
  return unread;
}

void Run::take(const Source& source) {
  measure(source.bytes);
  auto inspection = inspected(source);
  if (options_.redact) {
    // Those of the baseline, too: known is not harmless to whoever gets the text.
    const auto encoding = files::encoding_of(source.bytes);
    wide_ = encoding == files::Encoding::utf16_le || encoding == files::Encoding::utf16_be ||
            source.bytes.contains('\0');
    redacted_ =
        inspect::Redactor(*out_.engine, confidence_of(options_.least)).redact(source.bytes, inspection);
  }
  for (const auto& why : inspection.partial)
    partial_.push_back({std::string(source.file), files::Why::too_large, why});
  const auto least = confidence_of(options_.least);
  // Without a baseline and a commit's lines nothing is left out, and a class may stand behind another.
  if (!source.lines && known_.empty()) classes_.insert(inspection.classes.begin(), inspection.classes.end());
  std::vector<inspect::Finding> shown;
  for (auto& finding : inspection.findings) {
    if (finding.confidence < least || !is_new(source, finding)) continue;
    finding.location.file = source.file;
    if (known_.contains(finding.fingerprint)) {
      out_.known.push_back(std::move(finding));
      continue;
    }
    if (finding.confidence >= Confidence::medium) classes_.insert(finding.data_class);
    if (options_.reveal)
      out_.values.emplace_back(
          source.bytes.substr(finding.location.start, finding.location.end - finding.location.start));
    shown.push_back(std::move(finding));
  }
  std::ranges::move(shown, std::back_inserter(out_.findings));
  for (auto allowed : inspecting_.allowed()) {
    if (allowed.finding.confidence < least || !is_new(source, allowed.finding)) continue;
    allowed.finding.location.file = source.file;
    out_.allowed.push_back(std::move(allowed));
  }
}

Inspected Run::finish(SourceSummary sources) {
  out_.sources = std::move(sources);
  out_.size.attachments = out_.sources.documents;
  std::ranges::move(partial_, std::back_inserter(out_.sources.partial));
  out_.classes.assign(classes_.begin(), classes_.end());
  return std::move(out_);
}

Result<std::shared_ptr<const inspect::Engine>> engine_for(const InspectOptions& options) {
  TRY(auto rules, load_rules(options.rules, options.rules.empty() ? "" : rules_cache(options.rules)));
  for (const auto& line : rules.told) hint(options.common, line);
  if (options.accepted) {
    TRY(const auto accepted, accepted_alarms(options));
    rules.allow.insert(rules.allow.end(), accepted.begin(), accepted.end());
  }
  auto engine = std::make_shared<inspect::Engine>(
      std::move(rules.detectors), std::make_shared<const inspect::AllowRules>(std::move(rules.allow)));
  if (!options.own_code.empty()) {
    TRY(auto own_code, inspect::open_own_code(options.own_code));
    engine->look_for(std::move(own_code));
  }
  return engine;
}

Result<int> explain(const InspectOptions& options) {
  constexpr std::size_t most = 200'000;
  TRY(const auto engine, engine_for(options));
  inspect::Inspecting inspecting(*engine);
  Explanation explanation;
  std::vector<files::Partial> unread;
  TRY(explanation.sources, each_source(options, [&](const Source& source) {
        auto places =
            options.as_body
                ? explain_body(inspecting, source.bytes, source.file)
                : Result<std::vector<inspect::Explained>>(inspecting.explain(source.bytes, source.file));
        if (!places) {
          unread.push_back({std::string(source.file), files::Why::unsupported, no_body(places.error())});
          return;
        }
        for (auto& place : *places) {
          if (explanation.places.size() >= most) return;
          place.location.file = source.file;
          explanation.places.push_back(std::move(place));
        }
      }));
  std::ranges::move(unread, std::back_inserter(explanation.sources.partial));
  if (explanation.places.size() >= most)
    explanation.sources.partial.push_back(
        {"", files::Why::too_large, fmt::format("only the first {} places are told of", grouped(most))});
  TRY_VOID(put(options.common, options.common.format == Format::json
                                   ? explanation_json(explanation)
                                   : explanation_text(explanation, style_of(options.common))));
  return 0;
}

std::string summary(const Inspected& inspected) {
  const auto findings = inspected.findings.size();
  const auto texts = inspected.sources.texts;
  auto text = fmt::format("{} finding{} in {} text{}, {}", grouped(findings), findings == 1 ? "" : "s",
                          grouped(texts), texts == 1 ? "" : "s", human_bytes(inspected.sources.bytes));
  if (!inspected.known.empty()) text += fmt::format("; {} known", grouped(inspected.known.size()));
  if (!inspected.allowed.empty()) text += fmt::format("; {} accepted", grouped(inspected.allowed.size()));
  if (inspected.sources.binaries > 0)
    text += fmt::format("; {} binary files passed over", grouped(inspected.sources.binaries));
  if (!inspected.sources.partial.empty())
    text += fmt::format("; {} not read", grouped(inspected.sources.partial.size()));
  return text;
}

std::string formatted(const InspectOptions& options, const Inspected& inspected) {
  switch (options.common.format) {
    case Format::json:
      return inspection_json(inspected);
    case Format::sarif:
      return inspection_sarif(inspected);
    case Format::text:
    case Format::csv:
      break;
  }
  return inspection_text(inspected, style_of(options.common));
}

}  // namespace

Result<int> run_inspect(const InspectOptions& options) {
  TRY_VOID(check_call(options));
  if (options.learn) return learn_own_code(options);
  if (concerns_alarms(options)) return run_alarms(options);
  if (options.explain) return explain(options);
  TRY(auto engine, engine_for(options));
  Run run(options, std::move(engine));
  TRY_VOID(run.read_known());
  std::uint64_t texts = 0;
  Progress progress("inspected", options.common);
  TRY(auto sources, each_source(options, [&](const Source& source) {
        run.take(source);
        progress.show(++texts, 0);
      }));
  if (options.redact && (sources.texts != 1 || sources.within > 0))
    return fail(Code::invalid,
                "--redact takes one text; documents, archives and binary files cannot be masked");
  const auto inspected = run.finish(std::move(sources));
  if (options.write_baseline) {
    TRY_VOID(write_baseline(options.baseline, inspected.findings));
    hint(options.common,
         fmt::format("{} findings written to {}", inspected.findings.size(), options.baseline));
    return 0;
  }
  auto output = options.redact ? run.redacted_text() : Result<std::string>(formatted(options, inspected));
  if (!output) return std::unexpected(output.error());
  TRY_VOID(put(options.common, *output));
  hint(options.common, summary(inspected));
  const std::string fail_on = options.fail_on.empty() && options.staged ? "medium" : options.fail_on;
  if (fail_on.empty()) return 0;
  const auto at = confidence_of(fail_on);
  const bool found = std::ranges::any_of(
      inspected.findings, [&](const inspect::Finding& finding) { return finding.confidence >= at; });
  return found || !inspected.sources.partial.empty() ? 1 : 0;
}

}  // namespace ostiary::app

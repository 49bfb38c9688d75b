// scan: what AI is used where.

#include <algorithm>
#include <fmt/format.h>

#include "app/scan_baseline.h"
#include "app/scan_decisions.h"
#include "app/scan_models.h"
#include "app/scan_output.h"
#include "app/verbs.h"
#include "scan/scanner.h"

namespace ostiary::app {

namespace {

std::vector<std::string> paths_of(const ScanOptions& options) {
  return options.paths.empty() ? std::vector<std::string>{"."} : options.paths;
}

Result<> check_call(const ScanOptions& options) {
  for (const auto* flag : {&options.revision, &options.new_since})
    if (!flag->empty() && options.paths.size() > 1)
      return fail(Code::invalid, "a revision is of one repository; name one path");
  if (options.common.format == Format::csv) return fail(Code::invalid, "--format csv goes with --logs only");
  if (options.write_baseline && options.baseline.empty())
    return fail(Code::invalid, "--write-baseline goes with --baseline FILE only");
  return {};
}

Result<scan::Report> report_of(const ScanOptions& options, const std::string& revision) {
  const scan::Options how{.ignore_rules = !options.no_ignore,
                          .threads = options.threads,
                          .file_bytes = options.max_bytes,
                          .history = !options.no_history};
  Progress progress("scanned MiB", options.common);
  const auto on_progress = [&](std::uint64_t bytes) { progress.show(bytes >> 20, 0); };
  const auto paths = paths_of(options);
  return revision.empty() ? scan::scan(paths, how, on_progress)
                          : scan::scan_revision(paths.front(), revision, how, on_progress);
}

// Components that stay, and those that leave.
std::vector<scan::Component> taken_out(std::vector<scan::Component>& components, const auto& leaves) {
  std::vector<scan::Component> out;
  const auto stay = std::ranges::stable_partition(components, [&](const auto& c) { return !leaves(c); });
  std::ranges::move(stay, std::back_inserter(out));
  components.erase(stay.begin(), stay.end());
  return out;
}

Result<Scanned> scanned_by(const ScanOptions& options, scan::Grade least) {
  Scanned out;
  TRY(out.report, report_of(options, options.revision));
  auto& components = out.report.components;
  std::erase_if(components, [&](const auto& component) { return component.grade < least; });
  const auto leave_out = [&](const ScanBaseline& known) {
    std::ranges::move(taken_out(components, [&](const auto& c) { return known.knows(c); }),
                      std::back_inserter(out.known));
  };
  if (!options.new_since.empty()) {
    TRY(const auto before, report_of(options, options.new_since));
    leave_out(ScanBaseline::of(before.components));
  }
  if (!options.baseline.empty() && !options.write_baseline) {
    TRY(const auto known, ScanBaseline::read(options.baseline));
    leave_out(known);
  }
  // What lies on the disk need not be what the revision has.
  if (options.revision.empty()) look_into_models(out.report);
  TRY(const auto policy, scan_policy(options));
  out.decisions = decisions_of(policy, components);
  out.policy = policy.document().version;
  out.policy_digest = policy.document().digest;
  return out;
}

bool fails(const ScanOptions& options, const Scanned& scanned) {
  if (options.fail_on.empty()) return false;
  if (!scanned.report.partial.empty()) return true;
  if (options.fail_on == "denied")
    return std::ranges::any_of(scanned.decisions, [](const auto& one) {
      return one.concerns && one.decision.effect == policy::Effect::deny;
    });
  const auto at = scan::grade_named(options.fail_on).value_or(scan::Grade::mentioned);
  return std::ranges::any_of(scanned.report.components, [&](const auto& c) { return c.grade >= at; });
}

std::string formatted(const ScanOptions& options, const Scanned& scanned) {
  switch (options.common.format) {
    case Format::json:
      return scan_json(scanned);
    case Format::sarif:
      return scan_sarif(scanned);
    case Format::text:
    case Format::csv:
      break;
  }
  return scan_text(scanned, options);
}

Result<int> portability(const ScanOptions& options) {
  if (options.common.format == Format::sarif) return fail(Code::invalid, "--portability writes text or JSON");
  TRY(const auto report, report_of(options, options.revision));
  TRY_VOID(put(options.common, options.common.format == Format::json ? portability_json(report)
                                                                     : portability_text(report, options)));
  return 0;
}

// `form`: of a bill of materials; empty: the format of the options.
Result<int> scan_as(const ScanOptions& options, std::string_view form) {
  auto least = scan::grade_named(options.least).value_or(scan::Grade::declared);
  if (const auto at = scan::grade_named(options.fail_on)) least = std::min(least, *at);
  TRY(const auto scanned, scanned_by(options, least));
  if (options.write_baseline) {
    TRY_VOID(ScanBaseline::write(options.baseline, scanned.report.components));
    hint(options.common,
         fmt::format("{} components written to {}", scanned.report.components.size(), options.baseline));
    return 0;
  }
  TRY_VOID(
      put(options.common, form.empty() ? formatted(options, scanned) : scan_bom(scanned, options, form)));
  hint(options.common, scan_summary(scanned));
  return fails(options, scanned) ? 1 : 0;
}

}  // namespace

Result<int> run_scan(const ScanOptions& options) {
  if (!options.logs.empty()) return run_scan_logs(options);
  TRY_VOID(check_call(options));
  if (options.portability) return portability(options);
  return scan_as(options, "");
}

Result<int> run_scan_as_bom(const ScanOptions& options, const std::string& form) {
  if (!options.logs.empty() || options.portability)
    return fail(Code::invalid,
                "a bill of materials is of what a scan of code finds; --logs and --portability have none");
  TRY_VOID(check_call(options));
  return scan_as(options, form);
}

}  // namespace ostiary::app

// model: what a model file or folder is.

#include <algorithm>

#include "app/impl/verbs_model.h"
#include "app/model_output.h"

namespace ostiary::app {

namespace {

model::Severity severity_named(std::string_view word) {
  return word == "low"      ? model::Severity::low
         : word == "medium" ? model::Severity::medium
                            : model::Severity::high;
}

// What was not read may hide anything.
bool fails(const ModelOptions& options, const model::Report& report) {
  if (options.fail_on.empty()) return false;
  if (!report.partial.empty()) return true;
  const auto at = severity_named(options.fail_on);
  return std::ranges::any_of(report.models, [&](const auto& one) {
    return std::ranges::any_of(one.hazards, [&](const auto& hazard) { return hazard.severity >= at; });
  });
}

std::string formatted(const ModelOptions& options, const LookedAt& looked) {
  if (!options.bill.empty()) return models_bom(looked, options.bill);
  if (options.common.format == Format::json) return models_json(looked);
  if (options.common.format == Format::sarif) return models_sarif(looked);
  return models_text(looked, style_of(options.common));
}

}  // namespace

Result<int> run_model(const ModelOptions& options) {
  Progress progress("read MiB", options.common);
  const auto on_progress = [&](std::uint64_t bytes) { progress.show(bytes >> 20, 0); };
  LookedAt looked;
  TRY(looked.report,
      model::look(options.paths, {.digests = options.digests, .beside = !options.only_named}, on_progress));
  looked.lineages = lineages_of(looked.report.models);
  TRY_VOID(put(options.common, formatted(options, looked)));
  hint(options.common, models_summary(looked));
  return fails(options, looked.report) ? 1 : 0;
}

}  // namespace ostiary::app

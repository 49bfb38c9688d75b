// scan --logs: which AI is reached, out of the logs of proxies, name servers and firewalls.

#include <fmt/format.h>
#include <map>
#include <mutex>
#include <thread>

#include "app/scan_logs_output.h"
#include "app/verbs.h"
#include "base/time.h"

namespace ostiary::app {

namespace {

Result<> check_call(const ScanOptions& options) {
  if (!options.paths.empty())
    return fail(Code::invalid, "--logs reads logs and no code; scan folders in a call of their own");
  const bool of_code = !options.revision.empty() || !options.new_since.empty() || !options.fail_on.empty() ||
                       !options.baseline.empty() || !options.policy.empty() || options.evidence ||
                       options.no_ignore;
  if (of_code || options.common.format == Format::sarif)
    return fail(Code::invalid,
                "with --logs go --log-format, --columns, --threads and --format text, json or csv only");
  return {};
}

// Which columns were taken as what, once for logs that agree.
void tell_columns(const ScanOptions& options, const scan::LogReport& report) {
  std::map<std::string, std::pair<std::string, std::size_t>> agreed;
  for (const auto& file : report.files) {
    if (file.format == scan::LogFormat::unknown) continue;
    const auto taken = file.columns.empty() ? "" : ": " + file.columns;
    auto& [first, count] = agreed[fmt::format("{}{}", scan::name_of(file.format), taken)];
    if (count++ == 0) first = file.path;
  }
  for (const auto& [taken, files] : agreed) {
    const auto more = files.second == 1 ? "" : fmt::format(" and {} more", files.second - 1);
    hint(options.common, fmt::format("{}{} read as {}", printable(files.first), more, taken));
  }
}

std::string formatted(const ScanOptions& options, const scan::LogReport& report) {
  switch (options.common.format) {
    case Format::json:
      return scan_logs_json(report);
    case Format::csv:
      return scan_logs_csv(report);
    case Format::text:
    case Format::sarif:
      break;
  }
  return scan_logs_text(report, style_of(options.common), columns_of(options.common));
}

}  // namespace

Result<int> run_scan_logs(const ScanOptions& options) {
  TRY_VOID(check_call(options));
  scan::LogOptions how;
  if (!options.log_format.empty()) {
    const auto format = scan::log_format_of(options.log_format);
    if (!format) return fail(Code::invalid, fmt::format("--log-format takes {}", scan::known_log_formats()));
    how.format = *format;
  }
  how.columns = options.columns;
  how.now = wall_now() / 1000;
  how.threads = options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  Progress progress("read MiB", options.common);
  std::mutex one_at_a_time;
  how.on_progress = [&](std::uint64_t done, std::uint64_t all) {
    const std::lock_guard lock(one_at_a_time);
    progress.show(done >> 20, all >> 20);
  };
  TRY(const auto report, scan::scan_logs(options.logs, scan::catalogue_targets(), how));
  progress.wipe();
  TRY_VOID(put(options.common, formatted(options, report)));
  tell_columns(options, report);
  hint(options.common, scan_logs_summary(report));
  return 0;
}

}  // namespace ostiary::app

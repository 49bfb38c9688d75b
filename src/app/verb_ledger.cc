// ledger verify|tail: the record, read offline or beside a running gate. Neither needs the data folder's
// lock.

#include <atomic>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <signal.h>
#include <unistd.h>

#include "app/control_client.h"
#include "app/impl/record_line.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_ledger.h"
#include "app/verbs.h"
#include "app/witness.h"
#include "base/file.h"
#include "base/text.h"
#include "json/writer.h"
#include "ledger/ledger.h"
#include "store/data_folder.h"

namespace ostiary::app {

namespace {

namespace fs = std::filesystem;
using ledger::VerifyReport;

constexpr std::size_t kMostProblemsShown = 20;
constexpr std::uint64_t kMaxKeyFile = 4096;
constexpr std::uint64_t kMostLines = 1'000'000;

// What to do about a problem.
std::string_view advice_on(std::string_view what) {
  static const std::map<std::string_view, std::string_view> advice = {
      {"record-changed",
       "Somebody or something rewrote this record. Keep the folder as it is and compare it with a backup."},
      {"record-missing", "A record was taken out. Keep the folder as it is and compare it with a backup."},
      {"record-inserted",
       "A record was put in that the gate did not write. Compare the folder with a backup."},
      {"record-moved", "Records were put in another order. Compare the folder with a backup."},
      {"segment-missing", "Whole files of the ledger are gone. Restore them from a backup and verify again."},
      {"truncated", "The end of the ledger was cut off after it had been signed. Restore it from a backup."},
      {"root-mismatch", "The signed root is of other records. Compare the folder with a backup made before."},
      {"bad-signature",
       "This checkpoint was not signed with the ledger's key, or was changed. Compare it with copies kept "
       "elsewhere."},
      {"bad-checkpoint", "This checkpoint cannot be read. Compare it with copies kept elsewhere."},
      {"bad-key", "The verifier key cannot be used. Give the one you keep elsewhere with --key."},
      {"bad-header",
       "This file was not written by ostiary, or its start was changed. Compare it with a backup."},
      {"checkpoint-missing",
       "Checkpoints were taken out. Verify against one kept elsewhere with --checkpoint."},
      {"torn-tail", "The last write was cut short by a crash. The next start of the gate mends it."},
  };
  const auto found = advice.find(what);
  return found == advice.end() ? "" : found->second;
}

struct Size {
  std::uint64_t segments = 0, bytes = 0;
};

Size size_of(const std::string& folder) {
  Size size;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".log" || it->path().stem() == "checkpoints") continue;
    std::error_code unknown;
    const auto bytes = fs::file_size(it->path(), unknown);
    if (!unknown) size.bytes += bytes;
    ++size.segments;
  }
  return size;
}

std::string plural(std::uint64_t n, std::string_view one) {
  return fmt::format("{} {}{}", grouped(n), one, n == 1 ? "" : "s");
}

std::string covered_of(const VerifyReport& report, const std::string& data) {
  if (report.covered == report.records && report.records > 0) return "all of them";
  // A damaged ledger may have fewer records than were signed.
  if (report.covered > report.records)
    return fmt::format("{} that once were, {} {} left", plural(report.covered, "record"),
                       grouped(report.records), report.records == 1 ? "is" : "are");
  const auto part = fmt::format("{} of {}", grouped(report.covered), grouped(report.records));
  if (!report.ok || report.records == 0) return part;
  const auto gate = ControlClient::find(data);
  return part + (gate && *gate ? "; a running gate signs the newest in a moment"
                               : "; the next start signs the rest and says so in the ledger");
}

std::string headline_of(const VerifyReport& report, const Style& style) {
  if (!report.ok)
    return fmt::format("{} {}", style.red("✘"), style.bold("The ledger is not what was written."));
  if (report.covered >= report.records)
    return fmt::format("{} {}", style.green("✔"), style.bold("The ledger is what was written."));
  const auto unsigned_part =
      fmt::format("{} of {} are not signed yet", grouped(report.records - report.covered),
                  plural(report.records, "record"));
  const auto first = report.covered > 0 ? "The signed part is what was written; " : "";
  return fmt::format("{} {}", style.yellow("…"), style.bold(first + unsigned_part + "."));
}

std::string text_of(const VerifyReport& report, const VerifyVerbOptions& options, const Style& style) {
  const auto folder = options.common.data + "/ledger";
  const auto size = size_of(folder);
  std::string out;
  out += headline_of(report, style) + "\n\n";
  std::vector<std::vector<std::string>> rows = {
      {"  ledger", printable(folder)},
      {"  records", fmt::format("{} in {}, {}", grouped(report.records), plural(size.segments, "segment"),
                                human_bytes(size.bytes))},
      {"  signed", covered_of(report, options.common.data)},
      {"  root", base64(report.root)}};
  if (report.removed > 0)
    rows.push_back({"  removed", fmt::format("{} of them, for their age", grouped(report.removed))});
  if (!options.checkpoint.empty()) rows.push_back({"  against", printable(options.checkpoint)});
  if (!options.witness.empty()) rows.push_back({"  witness", printable(options.witness)});
  out += table(rows);
  if (report.problems.empty()) return out;
  out += fmt::format("\n{}\n", style.bold(plural(report.problems.size(), "problem")));
  for (std::size_t i = 0; i < report.problems.size() && i < kMostProblemsShown; ++i) {
    const auto& problem = report.problems[i];
    const auto advice = advice_on(problem.what);
    out += fmt::format("\n  {}  {}\n  {}\n", style.yellow(problem.what),
                       style.faint(printable(problem.where)), printable(problem.message));
    if (!advice.empty()) out += fmt::format("  → {}\n", advice);
  }
  if (report.problems.size() > kMostProblemsShown)
    out += fmt::format("\n  … and {} more; --format json lists them all\n",
                       report.problems.size() - kMostProblemsShown);
  return out;
}

std::string json_of(const VerifyReport& report) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.member("covered", report.covered);
  w.member("kind", "ledger-verification");
  w.member("ok", report.ok);
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  w.key("problems");
  w.begin_array();
  for (const auto& problem : report.problems) {
    w.begin_object();
    w.member("index", problem.index);
    w.member("message", problem.message);
    w.member("what", problem.what);
    w.member("where", problem.where);
    w.end_object();
  }
  w.end_array();
  w.member("records", report.records);
  w.member("removed", report.removed);
  w.member("root", base64(report.root));
  w.end_object();
  return out + '\n';
}

std::atomic<bool> interrupted{false};

Result<int> follow(const TailOptions& options, const RecordTable& table) {
  struct sigaction action{};
  action.sa_handler = [](int) { interrupted = true; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  const bool raw = options.common.format == Format::json;
  Result<> written;
  const auto show = [&](std::string_view record) {
    const auto line = raw ? std::string(record) + '\n' : table.line(record);
    if (written) written = write_all(STDOUT_FILENO, line, "stdout");
  };
  TRY_VOID(ledger::follow(options.common.data, show, [&] { return interrupted.load() || !written; }));
  if (!written) return std::unexpected(written.error());
  return 0;
}

}  // namespace

Result<std::string> read_verifier_key(const std::string& given) {
  if (given.empty() || !fs::exists(given)) return given;
  TRY(const auto text, read_file(given, kMaxKeyFile));
  return std::string(text::trim(text.substr(0, text.find('\n'))));
}

Result<> check_ledger_folder(const std::string& data) {
  auto known = store::check_data_folder(data);
  return !known && known.error().code == Code::not_found ? Result<>{} : known;
}

Result<int> run_ledger_verify(const VerifyVerbOptions& options) {
  TRY_VOID(check_ledger_folder(options.common.data));
  const auto started = mono_now();
  ledger::VerifyOptions how;
  how.checkpoint_file = options.checkpoint;
  TRY(how.verifier_key, read_verifier_key(options.key));
  if (!options.witness.empty()) {
    TRY(how.witness_notes, held_notes(options.witness, options.branch));
    how.witness = options.witness;
  }
  VerifyReport report;
  {
    Progress progress("verifying", options.common);
    how.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
    TRY(report, ledger::verify(options.common.data, how));
  }
  const auto seconds = static_cast<double>(mono_now() - started) / 1e9;
  const bool json = options.common.format == Format::json;
  TRY_VOID(put(options.common, json ? json_of(report) : text_of(report, options, style_of(options.common))));
  if (!json) hint(options.common, fmt::format("\nverified in {:.2f} s", seconds));
  return report.ok ? 0 : 1;
}

Result<int> run_ledger_tail(const TailOptions& options) {
  const auto count = text::parse_uint(options.lines);
  if (!count || *count == 0 || *count > kMostLines)
    return fail(Code::invalid, fmt::format("-n takes a whole number from 1 to {}", grouped(kMostLines)));
  if (options.follow && !options.common.output.empty())
    return fail(Code::invalid, "-o does not go with --follow, which has no end; redirect stdout instead");
  TRY_VOID(check_ledger_folder(options.common.data));
  TRY(const auto records, ledger::tail(options.common.data, *count));
  const bool raw = options.common.format == Format::json;
  std::string out;
  if (raw)
    for (const auto& record : records) out += record + '\n';
  const RecordTable table(raw ? std::vector<std::string>{} : records, columns_of(options.common),
                          style_of(options.common));
  if (!raw && !options.common.quiet) out += table.heading();
  TRY_VOID(put(options.common, out + table.lines()));
  return options.follow ? follow(options, table) : 0;
}

}  // namespace ostiary::app

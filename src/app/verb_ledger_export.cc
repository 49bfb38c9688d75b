// ledger export: the records that a filter wants, streamed.

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/impl/terminal.h"
#include "app/impl/verbs_ledger.h"
#include "base/file.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kBlock = 1U << 20;  // bytes written at once

// stdout, or a file that appears whole or not at all.
class Target {
 public:
  static Result<Target> open(const std::string& path) {
    Target target;
    target.path_ = path;
    if (path.empty()) return target;
    target.temporary_ = path + ".XXXXXX";
    target.file_ = Fd(::mkostemp(target.temporary_.data(), O_CLOEXEC));
    if (!target.file_) {
      target.temporary_.clear();
      return fail_errno("make a file beside", path, errno);
    }
    return target;
  }
  Target(Target&& other) noexcept = default;
  Target& operator=(Target&&) = delete;
  ~Target() {
    if (file_) ::unlink(temporary_.c_str());
  }

  Result<> line(std::string_view text) {
    block_.append(text).push_back('\n');
    return block_.size() < kBlock ? Result<>{} : flush();
  }
  Result<> finish() {
    TRY_VOID(flush());
    if (!file_) return {};
    if (::fchmod(file_.get(), 0644) != 0 || ::fsync(file_.get()) != 0)
      return fail_errno("write the file", path_, errno);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0)
      return fail_errno("put the file in place", path_, errno);
    file_.reset();
    const auto folder = std::filesystem::path(path_).parent_path();
    return sync_folder(folder.empty() ? "." : folder.string());
  }

 private:
  Target() = default;
  Result<> flush() {
    auto done = file_ ? write_all(file_.get(), block_, path_) : write_all(STDOUT_FILENO, block_, "stdout");
    block_.clear();
    return done;
  }

  std::string path_, temporary_, block_;
  Fd file_;
};

// A date (its first moment, UTC) or a moment; nothing where the flag was not given.
Result<std::optional<WallMs>> time_of(std::string_view flag, const std::string& given) {
  if (given.empty()) return std::nullopt;
  const auto time = parse_rfc3339(given.size() == 10 ? given + "T00:00:00Z" : given);
  if (!time)
    return fail(
        Code::invalid,
        fmt::format("{} takes a date or a time in UTC, such as 2026-11-25 or 2026-11-25T08:00:00Z", flag));
  return time;
}

}  // namespace

Result<int> run_ledger_export(const ExportVerbOptions& options) {
  auto filter = options.filter;
  TRY(filter.since, time_of("--since", options.since));
  TRY(filter.until, time_of("--until", options.until));
  if (!options.id.empty()) {
    filter.id = Id::parse(options.id);
    if (!filter.id)
      return fail(Code::invalid,
                  "--id takes the id of an exchange, such as the header x-ostiary-id gives it");
  }
  TRY_VOID(check_ledger_folder(options.common.data));
  TRY(auto target, Target::open(options.common.output));
  ledger::Exported exported;
  {
    Progress progress("exporting", options.common);
    TRY(exported, ledger::export_records(
                      options.common.data, filter, [&](std::string_view line) { return target.line(line); },
                      [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); }));
  }
  TRY_VOID(target.finish());
  if (exported.removed > 0)
    hint(options.common, fmt::format("{} older records were removed for their age and are not in it",
                                     grouped(exported.removed)));
  return 0;
}

}  // namespace ostiary::app

#include "scan/logs.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <set>
#include <string.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "catalog/catalog.h"
#include "files/archive.h"
#include "files/packed.h"
#include "files/tree.h"
#include "scan/impl/logs_stream.h"
#include "scan/impl/logs_time.h"

namespace ostiary::scan {

namespace {

using files::Partial;
using files::Pull;
using files::Why;

// A packed tar of packed logs.
constexpr int kDeepest = 3;

struct Source {
  std::string path;    // "-": standard input
  bool named = false;  // by the caller, not met in a folder
  std::uint64_t size = 0;
};

// What reading one source gave.
struct Outcome {
  std::vector<LogFile> files;
  std::vector<Partial> partial;
  std::uint64_t requests = 0;
  Days days;
  std::optional<Error> error;
};

struct Shared {
  const HostIndex& hosts;
  const LogOptions& options;
  std::vector<ColumnChoice> columns;
  std::uint64_t all = 0;
  std::atomic<std::uint64_t> done = 0;
  std::atomic<bool> stop = false;
};

// Bytes of a descriptor in pieces; what they held is wiped at the end.
class Pieces {
 public:
  Pieces(int fd, std::string where, Shared& shared)
      : fd_(fd),
        where_(std::move(where)),
        shared_(shared),
        buffer_(std::max<std::size_t>(shared.options.piece, 1), 0) {}
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;
  ~Pieces() { ::explicit_bzero(buffer_.data(), buffer_.size()); }

  Result<std::string_view> next() {
    std::size_t held = 0;
    while (held < buffer_.size()) {
      const auto got = ::read(fd_, buffer_.data() + held, buffer_.size() - held);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail_errno("read", where_, errno);
      if (got == 0) break;
      held += static_cast<std::size_t>(got);
    }
    const auto done = shared_.done.fetch_add(held) + held;
    if (shared_.options.on_progress) shared_.options.on_progress(done, shared_.all);
    return std::string_view(buffer_.data(), held);
  }

 private:
  int fd_;
  std::string where_;
  Shared& shared_;
  std::string buffer_;
};

// Reads the logs of one source into a tally.
class Reading {
 public:
  Reading(Shared& shared, Tally& tally, Outcome& out) : shared_(shared), tally_(tally), out_(out) {}

  void read(const Source& source);

 private:
  Result<> bytes(const Pull& pull, const std::string& shown, int level);
  Result<> unpack(std::string_view head, const Pull& pull, const std::string& shown, int level);
  Result<> log(std::string_view head, const Pull& pull, const std::string& shown);
  void tell(const LogStream& stream, const std::string& shown);
  void report(const std::string& path, Why why, std::string text) {
    out_.partial.push_back({path, why, std::move(text)});
  }

  Shared& shared_;
  Tally& tally_;
  Outcome& out_;
  bool named_ = false;
  std::int64_t reference_ = 0;
};

void Reading::read(const Source& source) {
  const bool standard = source.path == "-";
  named_ = source.named;
  Fd file;
  int fd = STDIN_FILENO;
  reference_ = shared_.options.now;
  if (!standard) {
    file = Fd(::open(source.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | (named_ ? 0 : O_NOFOLLOW)));
    struct stat about{};
    if (!file || ::fstat(file.get(), &about) != 0) {
      const auto error = fail_errno("open", source.path, errno).error();
      if (named_)
        out_.error = error;
      else
        report(source.path, Why::unreadable, error.message);
      return;
    }
    fd = file.get();
    if (S_ISREG(about.st_mode)) reference_ = about.st_mtim.tv_sec;
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  Pieces pieces(fd, source.path, shared_);
  const auto read = bytes([&] { return pieces.next(); }, source.path, 1);
  if (read) return;
  if (read.error().code == Code::invalid && named_)
    out_.error = read.error();
  else
    report(source.path, Why::unreadable, read.error().message);
}

Result<> Reading::bytes(const Pull& pull, const std::string& shown, int level) {
  TRY(const auto head, pull());
  const auto kind = files::archive_kind_of(head);
  if (kind == files::ArchiveKind::none) return log(head, pull, shown);
  if (level <= kDeepest) return unpack(head, pull, shown, level);
  report(shown, Why::too_deep, fmt::format("packed more than {} times", kDeepest));
  return {};
}

Result<> Reading::unpack(std::string_view head, const Pull& pull, const std::string& shown, int level) {
  bool begun = false;
  auto packed = files::Packed::open(
      [&]() -> Result<std::string_view> {
        if (begun) return pull();
        begun = true;
        return head;
      },
      head);
  const Pull inner = [&]() -> Result<std::string_view> {
    const auto piece = packed.read();
    if (piece.empty() && packed.failed()) return fail(Code::corrupt, packed.failed()->text);
    return piece;
  };
  while (!shared_.stop && packed.next()) {
    const auto member = packed.name().empty() ? shown : shown + "!/" + packed.name();
    const auto read = bytes(inner, member, level + 1);
    if (!read && read.error().code == Code::invalid) return read;
    if (!read) break;
  }
  if (const auto* failed = packed.failed()) report(shown, failed->why, failed->text);
  return {};
}

Result<> Reading::log(std::string_view head, const Pull& pull, const std::string& shown) {
  LogStream stream(shared_.hosts, tally_, shared_.options.format, shared_.columns, reference_);
  Result<> read = stream.feed(head);
  std::optional<Error> broken;
  while (read && !head.empty() && !shared_.stop) {
    auto piece = pull();
    if (!piece) {
      broken = std::move(piece).error();
      break;
    }
    head = *piece;
    read = stream.feed(head);
  }
  if (read) read = stream.finish(!broken);
  if (read) {
    tell(stream, shown);
  } else {
    auto error = read.error();
    error.where = shown;
    // Of what was named, somebody meant it to be a log; others lie in its folder or archive.
    if (named_ && !shown.contains("!/")) return std::unexpected(error);
    report(shown, Why::unsupported, error.message);
  }
  if (broken) return std::unexpected(*broken);
  return {};
}

void Reading::tell(const LogStream& stream, const std::string& shown) {
  const auto& counts = stream.counts();
  LogFile file;
  file.path = shown;
  file.bytes = counts.bytes;
  file.lines = counts.lines;
  file.requests = counts.requests;
  file.unread = counts.unread;
  if (const auto* reader = stream.reader()) {
    file.format = reader->format();
    file.columns = reader->columns();
  }
  const auto format = file.format;
  if (counts.unread > 0) {
    const auto first = counts.first_too_long ? fmt::format("over {} MiB long", LogStream::kLongestLine >> 20)
                                             : fmt::format("no line of format {}", name_of(format));
    report(shown, counts.first_too_long ? Why::too_large : Why::damaged,
           fmt::format("{} of {} lines; the first is line {}, which is {}", counts.unread, counts.lines,
                       counts.first_unread, first));
  }
  const bool may_lack = format == LogFormat::json || format == LogFormat::pairs ||
                        format == LogFormat::dnsmasq || format == LogFormat::bind ||
                        format == LogFormat::unbound;
  if (may_lack && counts.requests == 0 && counts.unread < counts.lines)
    report(shown, Why::unsupported, "none of its lines tells of a host that was asked for");
  out_.requests += counts.requests;
  out_.days.merge(counts.days);
  out_.files.push_back(std::move(file));
}

Result<std::vector<Source>> sources_of(const std::vector<std::string>& names, std::vector<Partial>& partial) {
  std::vector<Source> out;
  std::set<std::pair<dev_t, ino_t>> met;
  const auto once = [&](const std::string& path, bool named) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) about = {};
    const bool regular = S_ISREG(about.st_mode);
    if (regular && !met.emplace(about.st_dev, about.st_ino).second) return;
    out.push_back({path, named, regular ? static_cast<std::uint64_t>(about.st_size) : 0});
  };
  for (const auto& name : names) {
    struct stat about{};
    if (name == "-") {
      out.push_back({name, true, 0});
      continue;
    }
    if (::stat(name.c_str(), &about) != 0) {
      const auto code = errno == ENOENT || errno == ENOTDIR ? Code::not_found : Code::denied;
      return fail(code, code == Code::not_found ? "there is no such file" : ::strerror(errno), name);
    }
    if (!S_ISDIR(about.st_mode)) {
      once(name, true);
      continue;
    }
    files::TreeOptions options{.ignore_rules = false, .limits = {}};
    options.limits.file_bytes = options.limits.total_bytes = UINT64_MAX;
    TRY(auto tree, files::Tree::open({name}, options));
    while (const auto* file = tree.next()) once(file->shown, false);
    partial.insert(partial.end(), tree.partial().begin(), tree.partial().end());
  }
  return out;
}

void read_all(const std::vector<Source>& sources, std::vector<Outcome>& outcomes, std::vector<Tally>& tallies,
              Shared& shared) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&](Tally& tally) {
    for (auto at = next++; at < sources.size() && !shared.stop; at = next++) {
      Reading(shared, tally, outcomes[at]).read(sources[at]);
      if (outcomes[at].error) shared.stop = true;
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < tallies.size(); ++i)
    threads.emplace_back([&work, &tallies, i] { work(tallies[i]); });
  work(tallies[0]);
}

}  // namespace

std::vector<LogTarget> catalogue_targets() {
  std::vector<LogTarget> out;
  for (const auto& tool : catalog::tools())
    for (const auto& domain : tool.domains)
      out.push_back({LogTarget::Kind::tool, tool.id, tool.name, tool.maker, domain.surface, domain.name, ""});
  for (const auto& provider : catalog::providers())
    for (const auto& endpoint : provider.endpoints)
      if (endpoint.surface != "self-hosted")
        out.push_back({LogTarget::Kind::provider, provider.id, provider.name, provider.name, endpoint.surface,
                       endpoint.host, endpoint.path});
  return out;
}

Result<LogReport> scan_logs(const std::vector<std::string>& names, const std::vector<LogTarget>& targets,
                            const LogOptions& options) {
  LogReport report;
  const HostIndex hosts(targets);
  const Pseudonyms pseudonyms;
  Shared shared{.hosts = hosts, .options = options, .columns = {}};
  TRY(shared.columns, parse_columns(options.columns));
  TRY(const auto sources, sources_of(names, report.partial));
  for (const auto& source : sources) shared.all += source.size;
  std::vector<Outcome> outcomes(sources.size());
  std::vector<Tally> tallies;
  const auto threads = std::clamp<std::size_t>(options.threads, 1, std::max<std::size_t>(sources.size(), 1));
  tallies.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) tallies.emplace_back(hosts, pseudonyms);
  read_all(sources, outcomes, tallies, shared);
  Days days;
  for (auto& outcome : outcomes) {
    if (outcome.error) return std::unexpected(*outcome.error);
    report.requests += outcome.requests;
    days.merge(outcome.days);
    std::ranges::move(outcome.files, std::back_inserter(report.files));
    std::ranges::move(outcome.partial, std::back_inserter(report.partial));
  }
  for (std::size_t i = 1; i < threads; ++i) tallies[0].merge(tallies[i]);
  report.matched = tallies[0].matched();
  report.rows = tallies[0].rows();
  if (days.any()) {
    report.first = log_day(days.first);
    report.last = log_day(days.last);
  }
  // Of the requests to others only some are asked for their day.
  for (const auto& row : report.rows) {
    if (!row.first.empty() && (report.first.empty() || row.first < report.first)) report.first = row.first;
    if (row.last > report.last) report.last = row.last;
  }
  return report;
}

}  // namespace ostiary::scan

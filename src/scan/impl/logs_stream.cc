#include "scan/impl/logs_stream.h"

#include <cstring>
#include <string.h>

#include "scan/impl/logs_time.h"

namespace ostiary::scan {

namespace {

constexpr std::int64_t kDay = 86'400;
// Every so many requests of a log tell which days it covers, besides the first and the last one.
constexpr std::uint64_t kDatedEvery = 1024;

void wipe(std::string& s) {
  if (!s.empty()) ::explicit_bzero(s.data(), s.size());
  s.clear();
}

std::string_view without_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace

LogStream::LogStream(const HostIndex& hosts, Tally& tally, LogFormat asked,
                     const std::vector<ColumnChoice>& columns, std::int64_t reference)
    : hosts_(hosts), tally_(tally), asked_(asked), columns_(columns), reference_(reference) {}

LogStream::~LogStream() {
  wipe(begun_);
  for (auto& line : sample_) wipe(line);
}

std::optional<std::int32_t> LogStream::day_of(const LogEntry& entry) const {
  const auto time = log_time(entry.date.empty() ? entry.time : entry.date, reference_);
  if (!time) return {};
  return static_cast<std::int32_t>(*time / kDay);
}

void LogStream::unread(std::uint64_t line, bool too_long) {
  if (counts_.unread++ > 0 && counts_.first_unread < line) return;
  counts_.first_unread = line;
  counts_.first_too_long = too_long;
}

void LogStream::consider(std::string_view line) {
  LogEntry entry;
  reader_->entry(line, entry);
  if (tally_.add(entry, day_of(entry)) && !entry.refused) ++counts_.matched;
}

// The hot one: almost every line ends at may_hold().
inline void LogStream::read(std::string_view line) {
  line = without_return(line);
  std::string_view host;
  const auto kind = reader_->host(line, host);
  if (kind != Line::request) {
    if (kind == Line::unread) unread(counts_.lines, false);
    return;
  }
  last_request_ = line;
  const bool held = hosts_.may_hold(host);
  if (held) consider(line);
  if (counts_.requests++ % kDatedEvery == 0) {
    LogEntry entry;
    reader_->entry(line, entry);
    if (const auto day = day_of(entry)) counts_.days.add(*day);
  }
}

Result<> LogStream::decide() {
  TRY(reader_, make_reader(sample_, asked_, columns_));
  const auto lines = counts_.lines;
  for (std::size_t i = 0; i < sample_.size(); ++i) {
    counts_.lines = sample_lines_[i];
    read(sample_[i]);
  }
  note_last_day();
  counts_.lines = lines;
  for (auto& line : sample_) wipe(line);
  std::vector<std::string>().swap(sample_);
  return {};
}

Result<> LogStream::whole_line(std::string_view line) {
  if (++counts_.lines == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (reader_) {
    read(line);
    return {};
  }
  sample_.emplace_back(without_return(line));
  sample_lines_.push_back(counts_.lines);
  sample_bytes_ += line.size();
  if (sample_.size() >= kSampleLines || sample_bytes_ >= kSampleBytes) return decide();
  return {};
}

// While the line is still there.
void LogStream::note_last_day() {
  if (last_request_.empty()) return;
  std::string_view host;
  LogEntry entry;
  if (reader_->host(last_request_, host) == Line::request) {
    reader_->entry(last_request_, entry);
    last_day_ = day_of(entry);
  }
  last_request_ = {};
}

void LogStream::skip_line() {
  wipe(begun_);
  if (skipping_) return;
  skipping_ = true;
  unread(counts_.lines + 1, true);
}

Result<> LogStream::feed(std::string_view piece) {
  counts_.bytes += piece.size();
  const char *p = piece.data(), *const end = p + piece.size();
  while (p != end) {
    const auto* stop = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
    const std::string_view part(p, static_cast<std::size_t>((stop ? stop : end) - p));
    p = stop ? stop + 1 : end;
    if (skipping_ || begun_.size() + part.size() > kLongestLine) {
      skip_line();
      if (stop) ++counts_.lines, skipping_ = false;
      continue;
    }
    if (!stop) {
      begun_.append(part);
    } else if (begun_.empty()) {
      TRY_VOID(whole_line(part));
    } else {
      begun_.append(part);
      TRY_VOID(whole_line(begun_));
      note_last_day();
      begun_.clear();
    }
  }
  note_last_day();
  return {};
}

Result<> LogStream::finish(bool whole) {
  if (skipping_) ++counts_.lines;
  if (whole && !begun_.empty()) {
    TRY_VOID(whole_line(begun_));
    note_last_day();
  }
  if (!reader_ && !sample_.empty()) TRY_VOID(decide());
  if (last_day_) counts_.days.add(*last_day_);
  return {};
}

}  // namespace ostiary::scan

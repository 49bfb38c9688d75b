#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "scan/impl/logs_reader.h"
#include "scan/impl/logs_tally.h"

namespace ostiary::scan {

// The bytes of one log, in pieces as they come; the result does not depend on where they are cut. Memory: one
// line of at most kLongestLine, and the first lines until the format is told. What it held of the log is
// wiped with it.
class LogStream {
 public:
  static constexpr std::size_t kLongestLine = 1u << 20;
  static constexpr std::size_t kSampleLines = 64;
  static constexpr std::size_t kSampleBytes = 4u << 20;

  // `reference`: seconds since 1970 by which a time without a year is dated.
  LogStream(const HostIndex& hosts, Tally& tally, LogFormat asked, const std::vector<ColumnChoice>& columns,
            std::int64_t reference);
  LogStream(const LogStream&) = delete;
  LogStream& operator=(const LogStream&) = delete;
  ~LogStream();

  // `invalid` as soon as the first lines turn out to be no known log; nothing is read then.
  Result<> feed(std::string_view piece);
  // `whole`: the last piece was the end of the log; otherwise a line that is not complete is left out.
  Result<> finish(bool whole = true);

  struct Counts {
    std::uint64_t bytes = 0, lines = 0, requests = 0, matched = 0, unread = 0;
    std::uint64_t first_unread = 0;  // line, from 1
    bool first_too_long = false;
    Days days;
  };
  const Counts& counts() const { return counts_; }
  const LineReader* reader() const { return reader_.get(); }

 private:
  Result<> whole_line(std::string_view line);
  Result<> decide();
  void read(std::string_view line);
  void consider(std::string_view line);
  void unread(std::uint64_t line, bool too_long);
  void skip_line();
  void note_last_day();
  std::optional<std::int32_t> day_of(const LogEntry& entry) const;

  const HostIndex& hosts_;
  Tally& tally_;
  LogFormat asked_;
  const std::vector<ColumnChoice>& columns_;
  std::int64_t reference_;
  std::unique_ptr<LineReader> reader_;
  std::vector<std::string> sample_;
  std::vector<std::uint64_t> sample_lines_;  // their numbers
  std::size_t sample_bytes_ = 0;
  std::string begun_;              // a line whose end has not come
  bool skipping_ = false;          // it is too long
  std::string_view last_request_;  // of the piece that is read
  std::optional<std::int32_t> last_day_;
  Counts counts_;
};

}  // namespace ostiary::scan

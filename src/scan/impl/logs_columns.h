#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "scan/impl/logs_reader.h"

namespace ostiary::scan {

// How a line is cut into columns.
enum class Cut : std::uint8_t {
  blanks,     // runs of blanks (Squid)
  words,      // blanks, but not within "…" and […] (combined, W3C)
  separator,  // one character, always (Zeek)
  quoted      // one character, but not within "…", where "" is a quote (CSV, RFC 4180)
};

// Cuts `line` into at most `most` columns, into `out`, which has as many; what is behind them is left out. Of
// quoted columns the quotes are left out. Linear in the part of the line that is cut.
std::size_t cut_columns(std::string_view line, Cut cut, char separator, std::size_t most,
                        std::string_view* out);

// Lines with columns: which of them holds what is known before, or from heading lines.
class ColumnReader : public LineReader {
 public:
  static constexpr std::size_t kMost = 256;
  static constexpr std::int16_t kNone = -1;

  ColumnReader(LogFormat format, Cut cut, char separator)
      : format_(format), cut_(cut), separator_(separator) {
    column_.fill(kNone);
  }

  Line host(std::string_view line, std::string_view& host) override;
  void entry(std::string_view line, LogEntry& entry) override;
  LogFormat format() const override { return format_; }
  std::string columns() const override;
  bool names_hosts() const override;

  void set(Role role, std::size_t index) {
    column_[static_cast<std::size_t>(role)] = static_cast<std::int16_t>(index);
  }
  std::int16_t column(Role role) const { return column_[static_cast<std::size_t>(role)]; }
  // Roles by the names of the columns; choices, which may hold names too, go before. Forgets what was.
  void name_columns(const std::vector<std::string_view>& names, const std::vector<ColumnChoice>& choices);
  void choose(const std::vector<std::string_view>& names, const std::vector<ColumnChoice>& choices);
  void settle();  // after the last set()

  // Every line has this at its beginning; what comes before "]: " is a syslog's heading and left out.
  // Of digit: the first column begins with one. Of clock: the column of the time is one of the common format.
  enum class Begins : std::uint8_t { any, digit, clock };
  void begins(Begins begins) { begins_ = begins; }
  void unset(std::string_view text) { unset_ = text; }  // what a column without a value holds, besides ""

 protected:
  // Of lines that begin with '#', before anything else; false: it is an ordinary line.
  virtual bool heading(std::string_view) { return false; }
  char separator_at() const { return separator_; }
  void separator(char c) { separator_ = c; }
  void lookups(bool on) { lookups_ = on; }
  std::string_view cell(Role role, std::size_t count) const;
  void first_is_heading(std::string_view line) { repeated_ = line; }

 private:
  std::string_view without_syslog(std::string_view line) const;
  bool set_cell(std::string_view cell) const { return !cell.empty() && cell != "-" && cell != unset_; }

  LogFormat format_;
  Cut cut_;
  char separator_;
  Begins begins_ = Begins::any;
  bool lookups_ = false;
  std::string unset_;
  std::string repeated_;  // a heading that stands in the log once more
  std::array<std::int16_t, kRoles> column_;
  std::size_t upto_host_ = 0, upto_all_ = 0;  // columns to cut
  std::array<std::string_view, kMost> cells_;
};

bool is_clock(std::string_view cell);  // "23/Nov/2026:08:00:00 +0000"

// "GET http://host/path HTTP/1.1" -> the second word.
std::string_view target_of_request(std::string_view request);

}  // namespace ostiary::scan

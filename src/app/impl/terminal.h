#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/verbs.h"
#include "base/result.h"
#include "report/progress.h"
#include "report/table.h"

namespace ostiary::app {

// Colours where the descriptor is a terminal that can show them and NO_COLOR is not set (no-color.org).
class Style {
 public:
  explicit Style(int fd);
  explicit Style(bool on) : on_(on) {}
  bool on() const { return on_; }
  std::string bold(std::string_view s) const { return in("1", s); }
  std::string faint(std::string_view s) const { return in("2", s); }
  std::string red(std::string_view s) const { return in("31", s); }
  std::string green(std::string_view s) const { return in("32", s); }
  std::string yellow(std::string_view s) const { return in("33", s); }

 private:
  std::string in(std::string_view code, std::string_view s) const;
  bool on_ = false;
};

// Puts data where the options say: stdout, or a file that is written whole or not at all.
Result<> put(const CommonOptions& options, std::string_view data);
// The style of what put() will write.
Style style_of(const CommonOptions& options);
// How many columns a line of it may have: those of the terminal (COLUMNS, or what the system says), 100 of
// anything else.
std::size_t columns_of(const CommonOptions& options);
// A line on stderr for people; nothing with --quiet.
void hint(const CommonOptions& options, std::string_view line);

using report::printable;
using report::width_of;

// Columns two blanks apart, each as wide as its widest cell; the last one is not padded.
std::string table(const std::vector<std::vector<std::string>>& rows);
// `s` in `width` columns: padded with blanks, or cut with "…".
std::string fitted(std::string_view s, std::size_t width);

std::string grouped(std::uint64_t n);      // 12,345
std::string human_bytes(std::uint64_t n);  // 4.2 MiB

// The name of the account that the program runs as (passwd); "uid:N" where it has none.
std::string account_name();

// Told on stderr, and never with --quiet.
class Progress : public report::Progress {
 public:
  Progress(std::string_view what, const CommonOptions& options) : report::Progress(what, !options.quiet) {}
};

}  // namespace ostiary::app

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/verbs.h"
#include "base/result.h"
#include "base/time.h"

namespace ostiary::app {

// Colours where the descriptor is a terminal that can show them and NO_COLOR is not set (no-color.org).
class Style {
 public:
  explicit Style(int fd);
  explicit Style(bool on) : on_(on) {}
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

// Columns two blanks apart, each as wide as its widest cell (in code points); the last one is not padded.
std::string table(const std::vector<std::vector<std::string>>& rows);
// `s` in `width` code points: padded with blanks, or cut with "…".
std::string fitted(std::string_view s, std::size_t width);
std::size_t width_of(std::string_view s);  // code points

std::string grouped(std::uint64_t n);      // 12,345
std::string human_bytes(std::uint64_t n);  // 4.2 MiB
// Control characters (also those of C1) as '?', so that outside text cannot steer a terminal or break a line.
std::string printable(std::string_view s);

// A bar on stderr for work of over a second: only on a terminal, never with --quiet; it wipes itself away.
class Progress {
 public:
  Progress(std::string_view what, const CommonOptions& options);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();
  void show(std::uint64_t done, std::uint64_t all);

 private:
  std::string what_;
  bool on_;
  bool drawn_ = false;
  MonoNs started_, last_ = 0;
};

}  // namespace ostiary::app

#include "app/impl/terminal.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

namespace ostiary::app {

namespace {

constexpr MonoNs kSecond = 1'000'000'000;
constexpr std::size_t kBarWidth = 30;

bool has_colours(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (!no_color || *no_color == '\0') && ::isatty(fd) == 1 && term && std::string_view(term) != "dumb";
}

bool starts_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

}  // namespace

Style::Style(int fd) : on_(has_colours(fd)) {}

std::string Style::in(std::string_view code, std::string_view s) const {
  return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, s) : std::string(s);
}

Result<> put(const CommonOptions& options, std::string_view data) {
  if (options.output.empty()) return write_all(STDOUT_FILENO, data, "stdout");
  return write_file_atomic(options.output, data, 0644);
}

Style style_of(const CommonOptions& options) {
  return options.output.empty() ? Style(STDOUT_FILENO) : Style(false);
}

std::size_t columns_of(const CommonOptions& options) {
  constexpr std::size_t kElsewhere = 100;
  if (!options.output.empty() || ::isatty(STDOUT_FILENO) != 1) return kElsewhere;
  if (const char* told = std::getenv("COLUMNS"); told && *told)
    if (const auto columns = text::parse_uint(told); columns && *columns > 0) return *columns;
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kElsewhere;
}

void hint(const CommonOptions& options, std::string_view line) {
  if (!options.quiet) fmt::print(stderr, "{}\n", line);
}

std::size_t width_of(std::string_view s) {
  return static_cast<std::size_t>(std::ranges::count_if(s, starts_code_point));
}

std::string fitted(std::string_view s, std::size_t width) {
  const auto have = width_of(s);
  std::string out(s);
  if (have <= width) return out.append(width - have, ' ');
  std::size_t end = 0;
  for (std::size_t points = 0; end < s.size(); ++end)
    if (starts_code_point(s[end]) && ++points == width) break;
  return std::string(s.substr(0, end)) + "…";
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out += i + 1 < row.size() ? fitted(row[i], widths[i]) + "  " : row[i];
    out += '\n';
  }
  return out;
}

std::string grouped(std::uint64_t n) {
  auto out = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<std::size_t>(at), 1, ',');
  return out;
}

std::string human_bytes(std::uint64_t n) {
  constexpr std::string_view units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(n);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", n) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string printable(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    const bool c1 = c == 0xc2 && i + 1 < s.size() && static_cast<unsigned char>(s[i + 1]) < 0xa0;
    if (c1) ++i;
    out += c < 0x20 || c == 0x7f || c1 ? '?' : s[i];
  }
  return out;
}

Progress::Progress(std::string_view what, const CommonOptions& options)
    : what_(what), on_(!options.quiet && ::isatty(STDERR_FILENO) == 1), started_(mono_now()) {}

Progress::~Progress() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::show(std::uint64_t done, std::uint64_t all) {
  if (!on_ || all == 0) return;
  const auto now = mono_now();
  if (now - started_ < kSecond || now - last_ < kSecond / 10) return;
  last_ = now;
  drawn_ = true;
  const auto part = std::min(1.0, static_cast<double>(done) / static_cast<double>(all));
  const auto full = static_cast<std::size_t>(part * static_cast<double>(kBarWidth));
  std::string bar;
  for (std::size_t i = 0; i < kBarWidth; ++i) bar += i < full ? "█" : "░";
  const auto left = static_cast<double>(now - started_) / 1e9 * (1 - part) / std::max(part, 1e-6);
  fmt::print(stderr, "\r{} {} {:3.0f} %  {:.0f} s left\x1b[K", what_, bar, part * 100, left);
}

}  // namespace ostiary::app

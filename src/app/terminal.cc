#include "app/impl/terminal.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>
#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

namespace ostiary::app {

namespace {

bool has_colours(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (!no_color || *no_color == '\0') && ::isatty(fd) == 1 && term && std::string_view(term) != "dumb";
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

std::string fitted(std::string_view s, std::size_t width) {
  auto out = report::fitted(s, width);
  return out.append(width - std::min(width, width_of(out)), ' ');
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::size_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  report::Table table{std::vector<report::Column>(columns)};
  for (const auto& row : rows) {
    std::vector<report::Cell> cells;
    cells.reserve(row.size());
    for (const auto& text : row) cells.push_back({text});
    table.add(std::move(cells));
  }
  return table.text(std::numeric_limits<std::size_t>::max(), false);
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

std::string account_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> room(16 * 1024);
  if (::getpwuid_r(::geteuid(), &entry, room.data(), room.size(), &found) == 0 && found && *found->pw_name)
    return found->pw_name;
  return fmt::format("uid:{}", ::geteuid());
}

}  // namespace ostiary::app

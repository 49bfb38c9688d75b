#include "scan/impl/logs_time.h"

#include <array>
#include <chrono>
#include <fmt/format.h>

#include "base/text.h"

namespace ostiary::scan {

namespace {

constexpr std::int64_t kDay = 86'400;

// Reads on in a text; a wrong step leaves it where it is.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool any_of(std::string_view chars) {
    if (text_.empty() || !chars.contains(text_.front())) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<unsigned> number(std::size_t least, std::size_t most) {
    std::size_t size = 0;
    unsigned value = 0;
    while (size < most && size < text_.size() && text_[size] >= '0' && text_[size] <= '9')
      value = value * 10 + static_cast<unsigned>(text_[size++] - '0');
    if (size < least) return {};
    text_.remove_prefix(size);
    return value;
  }
  // 1 to 12 for "Jan" or "January".
  std::optional<unsigned> month() {
    constexpr std::array<std::string_view, 12> names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
    for (unsigned i = 0; i < names.size(); ++i) {
      if (!text::iequals(text_.substr(0, 3), names[i])) continue;
      text_.remove_prefix(3);
      return i + 1;
    }
    return {};
  }
  void blanks() {
    while (take(' ')) {
    }
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

struct Date {
  unsigned year = 0, month = 0, day = 0;
};

std::optional<std::int64_t> seconds_of(const Date& date) {
  const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(date.year)),
                                        std::chrono::month(date.month), std::chrono::day(date.day));
  if (!day.ok() || date.year < 1990 || date.year > 2199) return {};
  return std::chrono::sys_days(day).time_since_epoch().count() * kDay;
}

// "Z", "+01:00", "-0530", " UTC"; in seconds east of UTC. Nothing there: 0.
std::int64_t zone(Cursor& at) {
  at.blanks();
  const bool east = at.take('+');
  if (!east && !at.take('-')) return 0;
  const auto hours = at.number(2, 2);
  at.take(':');
  const auto minutes = at.number(2, 2);
  const auto seconds = hours.value_or(0) * 3600LL + minutes.value_or(0) * 60LL;
  return east ? seconds : -seconds;
}

// "08:00:00.123 +0100", "08:00", "8:00:00 PM", or nothing; in seconds of the day in UTC.
std::int64_t clock(Cursor& at) {
  const auto hours = at.number(1, 2);
  if (!hours) return 0;
  at.take(':');
  const auto minutes = at.number(2, 2);
  at.take(':');
  const auto seconds = at.number(2, 2);
  if (at.any_of(".,")) at.number(0, 9);
  at.blanks();
  std::int64_t hour = *hours;
  const auto half = text::lower(at.rest().substr(0, 2));
  if ((half == "am" || half == "pm") && hour <= 12) hour = hour % 12 + (half == "pm" ? 12 : 0);
  return hour * 3600 + minutes.value_or(0) * 60LL + seconds.value_or(0) - zone(at);
}

std::optional<std::int64_t> with_clock(const Date& date, Cursor& at) {
  const auto day = seconds_of(date);
  if (!day) return {};
  at.any_of("T:_ ");
  at.blanks();
  return *day + clock(at);
}

// A number of seconds or finer, told by its size.
std::optional<std::int64_t> number_of(std::string_view text) {
  const auto whole = text::parse_uint(text.substr(0, text.find('.')));
  if (!whole) return {};
  auto seconds = *whole;
  for (int i = 0; i < 3 && seconds > 10'000'000'000ULL; ++i) seconds /= 1000;
  if (seconds < 631'152'000 || seconds > 7'258'118'399ULL) return {};
  return static_cast<std::int64_t>(seconds);
}

// "2026-11-23…", "2026/11/23…", "20261123T…"
std::optional<std::int64_t> year_first(std::string_view text) {
  Cursor at(text);
  Date date;
  const auto year = at.number(4, 4);
  if (!year) return {};
  const bool parted = at.any_of("-/.");
  const auto month = at.number(2, 2);
  if (!month || (parted && !at.any_of("-/."))) return {};
  const auto day = at.number(2, 2);
  if (!day) return {};
  date = {*year, *month, *day};
  return with_clock(date, at);
}

// "23/Nov/2026:08…", "23-Nov-2026 08…", "23 Nov 2026 08…", "23.11.2026 08…"
std::optional<std::int64_t> day_first(std::string_view text) {
  Cursor at(text);
  const auto day = at.number(1, 2);
  if (!day) return {};
  const bool dotted = at.take('.');
  if (!dotted && !at.any_of("/- ")) return {};
  const auto month = dotted ? at.number(2, 2) : at.month();
  if (!month || !at.any_of(dotted ? "." : "/- ")) return {};
  const auto year = at.number(4, 4);
  if (!year) return {};
  return with_clock({*year, *month, *day}, at);
}

// "Nov 23 08:00:00", "Nov  3 …", "Nov 23 2026 08:00:00"
std::optional<std::int64_t> month_first(std::string_view text, std::int64_t reference) {
  Cursor at(text);
  const auto month = at.month();
  if (!month) return {};
  at.blanks();
  const auto day = at.number(1, 2);
  if (!day) return {};
  at.take(',');
  at.blanks();
  Cursor with_year = at;
  if (const auto year = with_year.number(4, 4); year && with_year.any_of(" ,"))
    return with_clock({*year, *month, *day}, with_year);
  const auto today = std::chrono::year_month_day(
      std::chrono::sys_days(std::chrono::days(reference >= 0 ? reference / kDay : 0)));
  const auto this_year = static_cast<unsigned>(static_cast<int>(today.year()));
  for (unsigned back = 0; back < 9; ++back) {  // February 29 may be eight years ago
    Cursor from = at;
    const auto time = with_clock({this_year + 1 - back, *month, *day}, from);
    if (time && *time <= reference + kDay) return time;
  }
  return {};
}

}  // namespace

std::optional<std::int64_t> log_time(std::string_view text, std::int64_t reference) {
  text = text::trim(text);
  if (text.starts_with('[') || text.starts_with('"')) text.remove_prefix(1);
  if (const auto comma = text.find(", "); comma == 3) text.remove_prefix(5);  // "Mon, 23 Nov 2026"
  if (text.empty()) return {};
  if (text.size() > 64) text = text.substr(0, 64);
  if (const auto end = text.find_last_not_of("]\""); end != std::string_view::npos)
    text = text.substr(0, end + 1);
  if (const auto number = number_of(text)) return number;
  if (const auto time = year_first(text)) return time;
  if (const auto time = day_first(text)) return time;
  return month_first(text, reference);
}

std::string log_day(std::int32_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace ostiary::scan

#include "base/time.h"

#include <chrono>
#include <time.h>

namespace ostiary {

namespace {
void put(char*& p, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) p[i] = static_cast<char>('0' + value % 10);
  p += digits;
}
}  // namespace

WallMs wall_now() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return static_cast<WallMs>(t.tv_sec) * 1000 + t.tv_nsec / 1000000;
}

MonoNs mono_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<MonoNs>(t.tv_sec) * 1000000000 + t.tv_nsec;
}

void append_rfc3339(std::string& out, WallMs t) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds{t}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const auto ms = static_cast<unsigned>((at - day).count());
  char buffer[24];
  char* p = buffer;
  put(p, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *p++ = '-';
  put(p, static_cast<unsigned>(date.month()), 2);
  *p++ = '-';
  put(p, static_cast<unsigned>(date.day()), 2);
  *p++ = 'T';
  put(p, ms / 3600000, 2);
  *p++ = ':';
  put(p, ms / 60000 % 60, 2);
  *p++ = ':';
  put(p, ms / 1000 % 60, 2);
  *p++ = '.';
  put(p, ms % 1000, 3);
  *p++ = 'Z';
  out.append(buffer, sizeof buffer);
}

std::string rfc3339(WallMs t) {
  std::string out;
  append_rfc3339(out, t);
  return out;
}

std::optional<WallMs> parse_rfc3339(std::string_view s) {
  using namespace std::chrono;
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  if (s.size() < 20 || s.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i]) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t n) {
    int v = 0;
    for (std::size_t i = at; i < at + n; ++i) v = v * 10 + (s[i] - '0');
    return v;
  };
  int ms = 0;
  if (s.size() > 20) {
    if (s[19] != '.' || s.size() > 30) return std::nullopt;
    int scale = 100;
    for (const char c : s.substr(20, s.size() - 21)) {
      if (c < '0' || c > '9') return std::nullopt;
      ms += (c - '0') * scale;
      scale /= 10;
    }
  }
  const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                            day{static_cast<unsigned>(number(8, 2))}};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 60) return std::nullopt;
  const auto seconds = number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 2);
  return sys_days{date}.time_since_epoch() / milliseconds{1} + seconds * 1000LL + ms;
}

}  // namespace ostiary

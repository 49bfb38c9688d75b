#include "desk/calendar.h"

#include <algorithm>

namespace ostiary::desk {

namespace {

constexpr WallMs kMinuteMs = 60'000, kDayMs = 86'400'000;
constexpr WallMs kFarthest = 253'402'300'799'000;  // the end of the year 9999

}  // namespace

Result<Calendar> Calendar::make(const policy::WorkingTime& times) {
  Calendar calendar;
  TRY(calendar.zone_, Zone::find(times.zone));
  calendar.times_ = times;
  std::uint64_t minutes = 0;
  for (const auto& span : times.hours) minutes += std::uint64_t{span.to} - span.from;
  calendar.day_ms_ = minutes * kMinuteMs;
  calendar.always_ = minutes == 1440 && (times.days & 0x7fU) == 0x7fU && times.holidays.empty();
  return calendar;
}

void Calendar::each_span(WallMs from, const std::function<bool(WallMs, WallMs)>& take) const {
  const auto first = zone_.day_of(from);
  for (auto day = first; day < first + kMostDays; ++day) {
    const auto weekday = static_cast<unsigned>(((day + 3) % 7 + 7) % 7);  // 1970-01-01 was a thursday
    if ((times_.days >> weekday & 1U) == 0 || std::ranges::binary_search(times_.holidays, day)) continue;
    for (const auto& span : times_.hours) {
      const auto begin = std::max(zone_.utc_of(day, span.from), from), end = zone_.utc_of(day, span.to);
      if (begin < end && !take(begin, end)) return;
    }
  }
}

std::uint64_t Calendar::between(WallMs from, WallMs to) const {
  if (from >= to) return 0;
  if (always_) return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  std::uint64_t sum = 0;
  each_span(from, [&](WallMs begin, WallMs end) {
    if (begin < to) sum += static_cast<std::uint64_t>(std::min(end, to) - begin);
    return end < to;
  });
  return sum;
}

std::optional<WallMs> Calendar::after(WallMs from, std::uint64_t ms) const {
  if (ms == 0) return from;
  if (from >= kFarthest || ms >= static_cast<std::uint64_t>(kMostDays * kDayMs)) return std::nullopt;
  if (always_) return from + static_cast<WallMs>(ms);
  std::optional<WallMs> at;
  each_span(from, [&](WallMs begin, WallMs end) {
    const auto here = static_cast<std::uint64_t>(end - begin);
    if (ms <= here) at = begin + static_cast<WallMs>(ms);
    ms -= std::min(ms, here);
    return !at;
  });
  return at;
}

std::uint64_t Calendar::of_target(std::uint64_t ms) const {
  const auto day = static_cast<std::uint64_t>(kDayMs);
  return ms / day * day_ms_ + ms % day;
}

}  // namespace ostiary::desk

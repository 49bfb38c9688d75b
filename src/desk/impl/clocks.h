#pragma once

#include <optional>

#include "desk/calendar.h"
#include "desk/impl/kept.h"
#include "desk/impl/lanes.h"

namespace ostiary::desk {

inline constexpr WallMs kDayMs = 86'400'000;
inline constexpr WallMs kWaitForAskerMs = 30 * kDayMs;  // then the question has expired
inline constexpr WallMs kBeforeDeadlineMs = kDayMs;     // an asker's deadline is told of so long before

// Working time of a question in [from, to) without pauses.
std::uint64_t worked(const Kept& kept, const Calendar& calendar, WallMs from, WallMs to);
// When `ms` of that will have gone by since it was asked; none while it is paused, or where that never comes.
std::optional<WallMs> reached(const Kept& kept, const Calendar& calendar, std::uint64_t ms);
// The clocks of the question as they stand.
void set_clocks(Kept& kept, const Lanes& lanes, WallMs now);

// A clock that is to be told of, three quarters through its target.
struct Alarm {
  const char* clock;  // "first-answer", "decision", "deadline"
  WallMs at = 0;      // when it is told of
  WallMs due = 0;
};
// Those of an open question that were not told of yet, by time.
std::vector<Alarm> alarms(const Kept& kept, const Lanes& lanes);
// When the desk has to look at it next.
std::optional<WallMs> next_look(const Kept& kept, const Lanes& lanes);

}  // namespace ostiary::desk

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "base/zone.h"
#include "policy/document.h"

namespace ostiary::desk {

// Counts working time. Times are real ones: an hour of work that the clocks jump over is none, and one that
// comes twice is two. A value; const functions may run on any thread.
class Calendar {
 public:
  // Days that are looked at, at most; what lies behind them has no working time.
  static constexpr std::int64_t kMostDays = 20 * 366;

  Calendar() = default;                                            // every hour of every day
  static Result<Calendar> make(const policy::WorkingTime& times);  // `not_found`: no such time zone here

  // Milliseconds of work in [from, to).
  std::uint64_t between(WallMs from, WallMs to) const;
  // The first moment from which on `ms` of work lie behind `from`; nothing where that is too far.
  std::optional<WallMs> after(WallMs from, std::uint64_t ms) const;
  // Working time that a target means: each whole 24 hours are a working day, the rest is hours.
  std::uint64_t of_target(std::uint64_t ms) const;

 private:
  // Each span of work that ends behind `from`, in order, until `take` says no.
  void each_span(WallMs from, const std::function<bool(WallMs begin, WallMs end)>& take) const;

  policy::WorkingTime times_;
  Zone zone_;
  std::uint64_t day_ms_ = 86'400'000;
  bool always_ = true;
};

}  // namespace ostiary::desk

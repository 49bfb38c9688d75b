#include "desk/impl/clocks.h"

#include <algorithm>

namespace ostiary::desk {

std::uint64_t worked(const Kept& kept, const Calendar& calendar, WallMs from, WallMs to) {
  auto sum = calendar.between(from, to);
  for (const auto& pause : kept.pauses) {
    const auto idle = calendar.between(std::max(pause.from, from), std::min(pause.to.value_or(to), to));
    sum -= std::min(sum, idle);
  }
  return sum;
}

std::optional<WallMs> reached(const Kept& kept, const Calendar& calendar, std::uint64_t ms) {
  if (!kept.question.asked) return std::nullopt;
  auto from = *kept.question.asked;
  for (const auto& pause : kept.pauses) {
    const auto until = std::max(from, pause.from);
    const auto here = calendar.between(from, until);
    if (here >= ms) return calendar.after(from, ms);
    if (!pause.to) return std::nullopt;
    ms -= here;
    from = std::max(until, *pause.to);
  }
  return calendar.after(from, ms);
}

namespace {

Clock clock_of(const Kept& kept, const Calendar& calendar, std::uint64_t target_ms,
               const std::optional<WallMs>& end, WallMs now) {
  const auto& q = kept.question;
  Clock clock{.target_ms = target_ms, .due = {}};
  if (!q.asked) return clock;
  clock.ended = end.has_value();
  clock.running = !clock.ended && q.state == State::open;
  // What was withdrawn or has expired stands still where that happened.
  const auto until = end.value_or(q.state == State::open || q.state == State::waiting ? now : *q.asked);
  clock.elapsed_ms = worked(kept, calendar, *q.asked, std::max(until, *q.asked));
  clock.breached = target_ms != 0 && clock.elapsed_ms > target_ms;
  if (clock.running && target_ms != 0) clock.due = reached(kept, calendar, target_ms);
  return clock;
}

bool was_told(const Kept& kept, std::string_view clock) {
  return std::ranges::find(kept.escalated, clock) != kept.escalated.end();
}

}  // namespace

void set_clocks(Kept& kept, const Lanes& lanes, WallMs now) {
  auto& q = kept.question;
  const auto lane = lanes.targets_of(q.lane);
  q.first_answer = clock_of(kept, lanes.calendar(), lane.first_answer_ms, q.first_answered, now);
  q.until_decision = clock_of(kept, lanes.calendar(), lane.decision_ms, q.decided, now);
}

std::vector<Alarm> alarms(const Kept& kept, const Lanes& lanes) {
  std::vector<Alarm> all;
  const auto& q = kept.question;
  if (q.state != State::open) return all;
  const auto lane = lanes.targets_of(q.lane);
  const auto add = [&](const char* clock, std::uint64_t target_ms) {
    if (target_ms == 0 || was_told(kept, clock)) return;
    const auto at = reached(kept, lanes.calendar(), target_ms - target_ms / 4);
    const auto due = reached(kept, lanes.calendar(), target_ms);
    if (at && due) all.push_back({clock, *at, *due});
  };
  if (!q.first_answered) add("first-answer", lane.first_answer_ms);
  add("decision", lane.decision_ms);
  if (q.deadline && !was_told(kept, "deadline"))
    all.push_back({"deadline", *q.deadline - kBeforeDeadlineMs, *q.deadline});
  std::ranges::sort(all, [](const Alarm& a, const Alarm& b) {
    return std::pair(a.at, std::string_view(a.clock)) < std::pair(b.at, std::string_view(b.clock));
  });
  return all;
}

std::optional<WallMs> next_look(const Kept& kept, const Lanes& lanes) {
  const auto& q = kept.question;
  if (q.state == State::waiting && !kept.pauses.empty()) return kept.pauses.back().from + kWaitForAskerMs;
  if (q.state == State::answered) return q.answer ? q.answer->expires : std::nullopt;
  const auto all = alarms(kept, lanes);
  return all.empty() ? std::nullopt : std::optional(all.front().at);
}

}  // namespace ostiary::desk

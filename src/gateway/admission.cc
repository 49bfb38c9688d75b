#include "gateway/admission.h"

#include <algorithm>
#include <cmath>

namespace ostiary::gateway {

// One who waits. `granted` belongs to the Admission's mutex, `waiter` to the loop's thread.
struct Admission::Place {
  std::string team;
  std::shared_ptr<net::Remote> loop;
  net::Waiter* waiter = nullptr;  // null: waits no more
  bool granted = false;
};

Admission::Slot Admission::try_enter() {
  if (settings_.most == 0) {
    under_way_.fetch_add(1, std::memory_order_relaxed);
    return Slot(this);
  }
  const std::lock_guard lock(mutex_);
  if (!has_room()) return {};
  under_way_.fetch_add(1, std::memory_order_relaxed);
  return Slot(this);
}

std::shared_ptr<Admission::Place> Admission::queue_up(net::Loop& loop, std::string_view team, Slot& slot,
                                                      bool& full) {
  const std::lock_guard lock(mutex_);
  if (has_room()) {
    under_way_.fetch_add(1, std::memory_order_relaxed);
    slot = Slot(this);
    return nullptr;
  }
  full = waiting() >= settings_.queue_length;
  if (full) return nullptr;
  auto place = std::make_shared<Place>();
  place->team = team;
  place->loop = loop.remote();
  auto line = std::ranges::find(lines_, team, &Line::team);
  if (line == lines_.end()) line = lines_.insert(lines_.end(), {place->team, {}});
  line->places.push_back(place);
  waiting_.fetch_add(1, std::memory_order_relaxed);
  return place;
}

net::Task<Admission::Entry> Admission::enter(net::Loop& loop, net::Watch* client, std::string_view team,
                                             Slot& slot) {
  bool full = false;
  const auto place = queue_up(loop, team, slot, full);
  if (!place) co_return full ? Entry::full : Entry::entered;
  net::Deadline deadline(loop);
  deadline.set_after_ms(settings_.queue_timeout_ms);
  net::Waiter wait(loop);
  place->waiter = &wait;
  const net::Wake why = co_await wait.gone(client).until(deadline);
  place->waiter = nullptr;
  const bool left = why == net::Wake::gone || why == net::Wake::cancelled;
  if (take_out(place)) co_return left ? Entry::gone : Entry::late;
  Slot granted(this);  // whatever ended the wait, the place is ours; who left gives it to the next
  if (left) co_return Entry::gone;
  slot = std::move(granted);
  co_return Entry::entered;
}

// False: it was granted meanwhile.
bool Admission::take_out(const std::shared_ptr<Place>& place) {
  const std::lock_guard lock(mutex_);
  if (place->granted) return false;
  const auto line = std::ranges::find(lines_, place->team, &Line::team);
  std::erase(line->places, place);
  if (line->places.empty()) lines_.erase(line);
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

// Whoever is first of the team whose turn it is, out of the queue; its team has the last turn now.
std::shared_ptr<Admission::Place> Admission::next_in_turn() {
  if (lines_.empty()) return nullptr;
  auto place = std::move(lines_.front().places.front());
  lines_.front().places.pop_front();
  if (lines_.front().places.empty())
    lines_.pop_front();
  else
    lines_.splice(lines_.end(), lines_, lines_.begin());
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  place->granted = true;
  return place;
}

void Admission::note_departure(bool somebody_waited) {
  const MonoNs now = mono_now();
  if (somebody_waited && last_departure_ != 0) {
    const auto gap = static_cast<double>(now - last_departure_);
    gap_ns_ = gap_ns_ == 0 ? gap : 0.8 * gap_ns_ + 0.2 * gap;
  }
  last_departure_ = somebody_waited ? now : 0;
}

// The place goes to the next in turn without ever being free, so that nobody can slip in between.
void Admission::leave() {
  if (settings_.most == 0) {
    under_way_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  std::shared_ptr<Place> next;
  {
    const std::lock_guard lock(mutex_);
    next = next_in_turn();
    note_departure(next != nullptr);
    if (!next) under_way_.fetch_sub(1, std::memory_order_relaxed);
  }
  if (!next) return;
  const auto loop = next->loop;
  loop->post([place = std::move(next)] {
    if (place->waiter) place->waiter->fire(net::Wake::ready);
  });
}

std::uint64_t Admission::retry_after_s() const {
  const std::lock_guard lock(mutex_);
  const double gap =
      gap_ns_ > 0 ? gap_ns_ * (waiting() + 1.0) : static_cast<double>(settings_.queue_timeout_ms) * 1e6;
  return static_cast<std::uint64_t>(std::clamp(std::ceil(gap / 1e9), 1.0, 60.0));
}

}  // namespace ostiary::gateway

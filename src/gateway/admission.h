#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "gateway/settings.h"
#include "net/loop.h"
#include "net/task.h"

namespace ostiary::gateway {

// Who may be under way at a service: so many at a time, and before them a bounded queue that is fair between
// teams (they take turns; within a team, first come, first served). Shared by loops. Without a limit it only
// counts, without a lock.
class Admission {
 public:
  explicit Admission(const AdmissionSettings& settings) : settings_(settings) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // A place at the service, for as long as it lives. Given back by whoever drops it, from any thread; the
  // Admission outlives it.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept : admission_(std::exchange(other.admission_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      if (this == &other) return *this;
      give_back();
      admission_ = std::exchange(other.admission_, nullptr);
      return *this;
    }
    ~Slot() { give_back(); }
    explicit operator bool() const { return admission_ != nullptr; }
    void give_back() {
      if (Admission* from = std::exchange(admission_, nullptr)) from->leave();
    }

   private:
    friend class Admission;
    explicit Slot(Admission* admission) : admission_(admission) {}
    Admission* admission_ = nullptr;
  };

  // A place where one is free and nobody waits for it; else an empty one.
  Slot try_enter();
  enum class Entry : std::uint8_t {
    entered,
    full,  // the queue is
    late,  // waited for as long as the queue allows
    gone   // the client left, or the loop stops
  };
  // Waits for a place, on `loop`. `slot` holds it exactly where the result is `entered`.
  net::Task<Entry> enter(net::Loop& loop, net::Watch* client, std::string_view team, Slot& slot);

  std::uint32_t under_way() const { return under_way_.load(std::memory_order_relaxed); }
  std::uint32_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  bool has_room() const { return settings_.most == 0 || (waiting() == 0 && under_way() < settings_.most); }
  // When a place in the queue may be free, by how quickly exchanges ended of late: 1 to 60 seconds.
  std::uint64_t retry_after_s() const;

 private:
  struct Place;
  struct Line {  // of a team
    std::string team;
    std::deque<std::shared_ptr<Place>> places;
  };
  std::shared_ptr<Place> queue_up(net::Loop& loop, std::string_view team, Slot& slot, bool& full);
  bool take_out(const std::shared_ptr<Place>& place);
  std::shared_ptr<Place> next_in_turn();
  void note_departure(bool somebody_waited);
  void leave();

  const AdmissionSettings settings_;
  mutable std::mutex mutex_;   // not taken where there is no limit
  std::list<Line> lines_;      // of those who wait; the front one's turn is next
  MonoNs last_departure_ = 0;  // 0: nobody waited then
  double gap_ns_ = 0;          // between departures while somebody waits, smoothed
  std::atomic<std::uint32_t> under_way_{0};
  std::atomic<std::uint32_t> waiting_{0};
};

}  // namespace ostiary::gateway

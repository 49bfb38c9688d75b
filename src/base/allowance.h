#pragma once

#include <algorithm>
#include <atomic>

#include "base/time.h"

namespace ostiary {

// So many in a time and no more, evenly but for a burst: the generic cell rate algorithm (ITU-T I.371).
// Thread-safe; one word of memory.
class Allowance {
 public:
  // One at `now` (mono_now()): they come `each` nanoseconds apart, and as many at once as come in `burst`.
  // Both may change from call to call.
  bool take(MonoNs now, MonoNs each, MonoNs burst) {
    auto next = next_.load(std::memory_order_relaxed);
    for (;;) {
      if (next > now) return false;
      const auto after = std::max(next, now - burst) + each;
      if (next_.compare_exchange_weak(next, after, std::memory_order_relaxed)) return true;
    }
  }

 private:
  std::atomic<MonoNs> next_{0};
};

}  // namespace ostiary

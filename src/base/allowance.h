#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace ostiary::telemetry {

// So many a second and no more, evenly: the generic cell rate algorithm (ITU-T I.371) with a burst of a tenth
// of a second. Thread-safe; one word of memory.
class Allowance {
 public:
  // `now` as mono_now() tells it. 0 a second: no bound.
  bool take(MonoNs now, std::uint32_t per_second) {
    if (per_second == 0) return true;
    constexpr MonoNs kSecond = 1'000'000'000, kBurst = kSecond / 10;
    auto next = next_.load(std::memory_order_relaxed);
    for (;;) {
      if (next > now) return false;
      const auto after = std::max(next, now - kBurst) + kSecond / per_second;
      if (next_.compare_exchange_weak(next, after, std::memory_order_relaxed)) return true;
    }
  }

 private:
  std::atomic<MonoNs> next_{0};
};

}  // namespace ostiary::telemetry

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "gateway/settings.h"

namespace ostiary::gateway {

// Why a try at a service counts against it.
enum class Failure : std::uint8_t { none, unreachable, timeout, status, broken, unhealthy };

// Keeps exchanges away from a service that fails, so that nobody waits for it, and lets one at a time look
// whether it is back. Thread-safe, without a lock; every `now` is mono_now() or nearly.
//
//   closed ──failures──▶ open ──its time──▶ half open: one probe ──answered──▶ closed
//                          ▲────────────failed, for twice as long─────┘
class Breaker {
 public:
  enum class State : std::uint8_t { closed, open, half_open };
  enum class Pass : std::uint8_t {
    yes,
    probe,  // the one that looks: exactly one of passed(), failed() or left() must say how it went
    no
  };
  explicit Breaker(const BreakerSettings& settings) : settings_(settings) {}

  Pass ask(MonoNs now);
  // Whether ask() would say no, without taking the probe.
  bool refuses(MonoNs now) const;

  // The service answered. True: that closed the breaker.
  bool passed(MonoNs now, bool probe);
  // Milliseconds for which this opened the breaker; 0: it did not.
  std::uint64_t failed(MonoNs now, Failure why, std::uint16_t status, bool probe);
  // A probe ended without either: another may look at once.
  void left(MonoNs now);

  // What a health check found. Two failed ones in a row open; a good one closes what opened because nobody
  // could be reached, but not what opened because of bad answers: those it cannot see.
  bool healthy(MonoNs now);
  std::uint64_t unhealthy(MonoNs now);

  State state(MonoNs now) const;
  MonoNs open_until() const;   // 0: not open; once it is in the past, a probe may look
  std::string reason() const;  // why it opened last, as part of a sentence

 private:
  void count(MonoNs now, bool bad);
  bool too_many(MonoNs now) const;
  bool open_from(MonoNs expected, MonoNs now, Failure why, std::uint16_t status, std::uint64_t& ms);
  void close();

  static constexpr std::size_t kParts = 10;
  static constexpr MonoNs kProbing = -1;
  const BreakerSettings settings_;
  // 0: closed; a time: open until then, half open afterwards; kProbing: half open, the probe is out.
  std::atomic<MonoNs> until_{0};
  std::atomic<std::uint32_t> in_a_row_{0};
  std::atomic<std::uint32_t> sick_{0};                      // failed health checks in a row
  std::atomic<std::uint32_t> openings_{0};                  // in a row, without having closed
  std::atomic<std::uint64_t> cause_{0};                     // Failure, status, how many in a row
  std::array<std::atomic<std::uint64_t>, kParts> parts_{};  // of the window: which it is, answers, bad ones
};

// A service that said when it wants to be asked again (429 or 503 with Retry-After), for the model that was
// asked for: limits are by model. Thread-safe, without a lock.
class Pressure {
 public:
  void rest(std::uint64_t model_hash, MonoNs until) {
    slot(model_hash).store(until, std::memory_order_relaxed);
  }
  MonoNs until(std::uint64_t model_hash) const {
    return slots_[model_hash % kSlots].load(std::memory_order_relaxed);
  }
  bool any() const { return any_.load(std::memory_order_relaxed); }  // it was ever under pressure
  MonoNs latest() const;

 private:
  static constexpr std::size_t kSlots = 64;  // models whose hashes meet rest together
  std::atomic<MonoNs>& slot(std::uint64_t hash) {
    any_.store(true, std::memory_order_relaxed);
    return slots_[hash % kSlots];
  }
  std::array<std::atomic<MonoNs>, kSlots> slots_{};
  std::atomic<bool> any_{false};
};

// Milliseconds that a Retry-After header asks for (RFC 9110 section 10.2.3: seconds, or a date), at most
// `most`; 0 where it says nothing.
std::uint64_t retry_after_ms(std::string_view header, WallMs now, std::uint64_t most);

}  // namespace ostiary::gateway

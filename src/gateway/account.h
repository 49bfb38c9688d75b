#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "gateway/limit_set.h"

namespace ostiary::gateway {

// How much of something happened within the last minute, to the second and never too little: what is counted
// goes out 60 to 61 seconds later. Times are monotonic and may come slightly out of order.
class MinuteWindow {
 public:
  void add(MonoNs at, std::uint64_t amount);
  void take_back(MonoNs at, std::uint64_t amount);  // what add() counted at that time
  std::uint64_t used(MonoNs now);
  // Nanoseconds until `amount` of it has gone out; nothing: there is not as much.
  std::optional<MonoNs> wait(MonoNs now, std::uint64_t amount);
  // Nanoseconds until all of it has.
  MonoNs empty_in(MonoNs now);

 private:
  static constexpr std::int64_t kSlots = 61;
  void move_to(MonoNs now);
  std::uint64_t& slot(std::int64_t second) { return slots_[static_cast<std::size_t>(second % kSlots)]; }
  std::array<std::uint64_t, kSlots> slots_{};
  std::int64_t second_ = 0;  // of the newest slot
  std::uint64_t sum_ = 0;
};

// A month of the calendar (UTC), as a number that grows by one each month.
using Month = std::int32_t;
Month month_of(WallMs at);
std::string month_name(Month month);  // "2026-11"
WallMs month_start(Month month);

// What one exchange may use, or has used.
struct Amount {
  std::uint64_t tokens = 0;
  std::int64_t cost = 0;  // nano-dollars
  Month month = 0;        // in which it began
};

// A limit that has no room.
struct NoRoom {
  Limit limit = Limit::requests;
  std::int64_t most = 0, used = 0, reserved = 0, asked = 0;
  std::optional<MonoNs> wait;  // until there is room; nothing: when others end, or never
  bool never = false;          // it is more than the limit itself
};

// What is counted against one limit.
struct Standing {
  std::int64_t used = 0, reserved = 0;
  MonoNs empty_in = 0;  // of minute limits
};

// The largest of late: follows what is larger at once, and what is smaller slowly. Thread-safe.
class Usual {
 public:
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  void learn(std::uint64_t seen) {
    const auto usual = value();
    value_.store(std::max(seen, usual - (usual + 63) / 64), std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// The counters of one key or team, and the limits in force for it. Its limits may change at any time, its
// counters stay. Thread-safe; no call holds its lock for longer than some additions.
//
// An exchange reserves before it may leave and settles when it has ended, so that what is under way is
// counted with what it may come to: used + reserved <= limit, whatever runs at once.
class Account {
 public:
  enum class Scope : std::uint8_t { key, team };
  Account(Scope scope, std::string name) : scope_(scope), name_(std::move(name)) { clear_limits(); }

  Scope scope() const { return scope_; }
  const std::string& name() const { return name_; }
  std::int64_t limit(Limit limit) const { return at(limit).load(std::memory_order_relaxed); }
  bool limits(Limit which) const { return limit(which) != kUnlimited; }
  bool limited() const { return limited_.load(std::memory_order_relaxed); }
  bool counts_tokens() const { return limits(Limit::tokens) || limits(Limit::spend); }
  void set_limits(const LimitSet& limits);

  // Counts one request and sets aside what it may use. Nothing is counted where there is no room.
  std::optional<NoRoom> reserve(const Amount& amount, MonoNs now);
  // Instead of `held`, for the same request.
  std::optional<NoRoom> reserve_again(const Amount& held, const Amount& amount, MonoNs now);
  // Undoes a reserve() that did not lead anywhere.
  void cancel(const Amount& held, MonoNs reserved_at);
  // The exchange has ended: `held` is given back, `used` counts.
  void settle(const Amount& held, const Amount& used, MonoNs now);
  // What was used before this program began.
  void restore(const Amount& used, std::uint64_t requests, MonoNs at);

  Standing standing(Limit limit, Month month, MonoNs now);
  Usual usual_output;   // tokens of the answers to requests that named no maximum
  Usual usual_surplus;  // tokens of input beyond what was set aside for it, such as a service's own prompt

 private:
  struct Spend {
    Month month = 0;
    std::int64_t settled = 0, reserved = 0;
  };
  std::atomic<std::int64_t>& at(Limit limit) { return limits_[static_cast<std::size_t>(limit)]; }
  const std::atomic<std::int64_t>& at(Limit limit) const { return limits_[static_cast<std::size_t>(limit)]; }
  void clear_limits();
  Spend& spend(Month month);
  std::optional<NoRoom> room(const Amount& amount, MonoNs now);
  void hold(const Amount& amount, int sign);

  const Scope scope_;
  const std::string name_;
  std::array<std::atomic<std::int64_t>, kLimits> limits_;
  std::atomic<bool> limited_ = false;

  std::mutex mutex_;
  MinuteWindow requests_, tokens_;
  std::uint64_t reserved_tokens_ = 0;
  std::int64_t under_way_ = 0;
  // By month, so that a clock that jumps finds again what was spent in the month that it comes back to.
  std::vector<Spend> spend_;
};

}  // namespace ostiary::gateway

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ostiary::store {

// What is told to webhooks. The id stays the same however often it is delivered.
struct HookEvent {
  std::string id, type;
  std::string body;  // JSON, as it is sent
  WallMs at = 0;     // when it happened
};

struct HookItem {
  std::string hook;  // name of the webhook
  HookEvent event;
};

// An event on its way to one hook, or given up.
struct HookEntry {
  std::int64_t number = 0;  // ascending in the order of adding
  std::string hook;
  HookEvent event;
  std::uint32_t attempts = 0;  // that failed
  WallMs since = 0;            // when it was added or revived: until it is given up, time counts from then
  std::string error;           // of the last one
  std::optional<WallMs> dead;  // when it was given up
};

// Events that found no room.
struct HookGap {
  std::string hook;
  std::uint64_t events = 0;
  WallMs first = 0, last = 0;  // when they happened
};

struct HookCount {
  std::string hook;
  std::uint64_t waiting = 0, dead = 0, missed = 0;  // missed: since the queue is full
  std::optional<WallMs> oldest;                     // of what waits
  std::uint64_t most_waiting = 0;
};

// How far a source of events was read: what comes next.
struct HookPosition {
  std::string source;
  std::uint64_t next = 0;
};

// Events for webhooks, kept until each was taken or given up, and what is remembered of those that came in.
// What a call changes is on the disk when it returns. Thread-safe.
class HookQueue {
 public:
  struct Limits {
    std::uint64_t waiting = 10'000;      // of one hook
    std::uint64_t bytes = 64ULL << 20;   // of the bodies of these
    std::uint64_t dead = 1'000;          // of one hook; the oldest go first
    WallMs dead_ms = 30 * 86'400'000LL;  // and those that were given up so long ago
    std::uint64_t seen = 100'000;        // deliveries of one source that are remembered
  };
  // Makes the event that tells a hook of what it missed.
  using TellGap = std::function<HookEvent(const HookGap&)>;

  virtual ~HookQueue() = default;

  // Adds all of them, and moves the position of their source; all or nothing. An id that the hook has is not
  // added again. A hook that is full, by number or by bytes, misses the event: it is counted, and once a
  // quarter of the room is free again the hook gets one event in place of all that it missed, ahead of those
  // that come then.
  virtual Result<> add(std::span<const HookItem> items, const HookPosition* read) = 0;
  Result<> add(std::span<const HookItem> items) { return add(items, nullptr); }
  virtual Result<std::optional<std::uint64_t>> position(std::string_view source) = 0;  // nothing: never read
  virtual Result<> forget_position(std::string_view source) = 0;

  // The first that waits for a hook.
  virtual Result<std::optional<HookEntry>> next(std::string_view hook) = 0;
  virtual Result<> taken(std::int64_t number) = 0;
  virtual Result<> failed(std::int64_t number, std::string_view error) = 0;
  virtual Result<> give_up(std::int64_t number, std::string_view error, WallMs now) = 0;

  virtual Result<std::vector<HookCount>> counts() = 0;  // of hooks that have any, by name
  // Given up, in order, those with a greater number than `after`.
  virtual Result<std::vector<HookEntry>> dead(std::string_view hook, std::int64_t after,
                                              std::size_t most) = 0;
  // It waits again, in its old place. `not_found` where the hook has no such dead one.
  virtual Result<> revive(std::string_view hook, std::string_view id, WallMs now) = 0;
  virtual Result<> forget(std::string_view hook, std::string_view id) = 0;  // likewise

  // Whether a delivery that came in was remembered before.
  virtual Result<bool> was_seen(std::string_view source, std::string_view id) = 0;
  virtual Result<> remember(std::string_view source, std::string_view id, WallMs now) = 0;
  // The number of the question that something outside has become, by its address. Nothing: none.
  virtual Result<std::optional<std::string>> question_of(std::string_view origin) = 0;
  virtual Result<> set_question(std::string_view origin, std::string_view question, WallMs now) = 0;
};

// In a store's SQLite file, which open_sqlite() has brought to the schema of now.
Result<std::unique_ptr<HookQueue>> open_hook_queue(const std::string& path, HookQueue::Limits limits,
                                                   HookQueue::TellGap tell_gap);

}  // namespace ostiary::store

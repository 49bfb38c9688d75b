#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ostiary::watch {

// A kind of event, as the configuration names it and docs/desk.md describes it.
struct EventKind {
  std::string_view name, meaning;
  bool chosen = true;  // hooks choose it; no: it goes to those that it is for
};
std::span<const EventKind> event_kinds();  // sorted by name
const EventKind* find_event_kind(std::string_view name);

inline constexpr std::size_t kMostData = 256u << 10;  // bytes of an event's data

// Something that webhooks are told of.
struct Event {
  std::string type;
  std::string data;  // a JSON object, whose text may be anybody's; at most kMostData
  WallMs at = 0;
  // The same event has the same id, however often it is put in: a hook that has it gets it once. Empty: one
  // is made.
  std::string id = {};
  // The name of the one hook that it is for, whatever that has chosen. Empty: all that chose its type.
  std::string hook = {};
};

// {"data":…,"timestamp":"…","type":"…"}, as the Standard Webhooks specification has it.
std::string body_of(const Event& event);

// Takes events over for delivery. Thread-safe; may wait for the disk, and is not for a loop's thread.
class Outbox {
 public:
  virtual ~Outbox() = default;
  // The events are on the disk once this returns, all or none. `invalid` for a type that there is not;
  // `not_found` where one is for a hook that there is not; `too_large`.
  virtual Result<> put(std::span<const Event> events) = 0;
  Result<> put(const Event& event) { return put(std::span(&event, 1)); }
};

}  // namespace ostiary::watch

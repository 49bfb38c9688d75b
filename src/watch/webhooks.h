#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/http.h"
#include "store/hook_queue.h"
#include "watch/events.h"
#include "watch/signature.h"

namespace ostiary::watch {

// A webhook that is told of events.
struct HookSettings {
  std::string name;
  net::Url url;
  std::string ca_file;                 // PEM of authorities; empty: the system's
  std::vector<SigningSecret> secrets;  // at least one: the newest first
  std::vector<std::string> events;     // types that it has chosen
  std::uint64_t timeout_ms = 15'000;   // of one attempt
  std::uint64_t give_up_ms = 3 * 24 * 3'600'000ULL;
  std::uint32_t most_refusals = 5;  // of one event, in a row
};

// How one does.
struct HookState {
  std::string name;
  std::string origin;  // of its URL, whose path may be a secret; empty: it is not configured any more
  std::uint64_t delivered = 0, failed = 0;  // attempts since the start
  std::uint64_t waiting = 0, dead = 0, missed = 0;
  std::optional<WallMs> oldest;  // of what waits
  std::uint32_t attempts = 0;    // at the event that comes next
  std::string error;             // of the last attempt; empty: it went well
};

// The outbox of webhooks, and who delivers what is in it: each hook on a thread of its own, one event after
// another in the order in which they were put in, again until it was taken (2xx), the time until it is given
// up has passed, or it was refused (4xx other than 408, 425 and 429) `most_refusals` times in a row. The
// answer's body is not read, a redirect not followed. At least once: a receiver tells by webhook-id what it
// has. Thread-safe.
class Webhooks final : public Outbox {
 public:
  explicit Webhooks(std::unique_ptr<store::HookQueue> queue);
  ~Webhooks() override;

  // Delivers to these from now on. Attempts under way are ended; what waits for a hook of the same name goes
  // to it, at once. What waits for one that there is not any more stays.
  void replace(std::vector<HookSettings> hooks);
  // No attempt is begun any more, and those under way are ended; what waits stays.
  void stop();

  using Outbox::put;
  Result<> put(std::span<const Event> events) override;
  // The same, with the position of the source; what is `invalid` or `too_large` is logged and skipped.
  Result<> put_from(const store::HookPosition& read, std::span<const Event> events);

  Result<std::vector<HookState>> states();
  // Given up for a hook, `not_found` where there is none of that name; see store::HookQueue.
  Result<std::vector<store::HookEntry>> dead(std::string_view hook, std::int64_t after, std::size_t most);
  Result<> revive(std::string_view hook, std::string_view id);
  Result<> forget(std::string_view hook, std::string_view id);
  bool has(std::string_view hook);
  bool none();  // there is none

  store::HookQueue& queue() { return *queue_; }

 private:
  class Courier;
  Result<> put_all(const store::HookPosition* read, std::span<const Event> events);
  struct Impl;
  std::unique_ptr<store::HookQueue> queue_;
  std::unique_ptr<Impl> impl_;
};

// The queue of a data folder's store.
Result<std::unique_ptr<store::HookQueue>> open_queue(const std::string& data_folder,
                                                     store::HookQueue::Limits limits = {});

}  // namespace ostiary::watch

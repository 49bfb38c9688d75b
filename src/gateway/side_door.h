#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"

namespace ostiary::gateway {

// A request to the gate itself, which is no exchange: the API, health, metrics, the policy's page.
struct SideRequest {
  std::string method, path, query, body;
  std::vector<std::pair<std::string, std::string>> headers;  // as they came, but for those with credentials
  std::optional<store::KeyEntry> caller;                     // whose key came with it, when it is a good one
  bool key_given = false;                                    // some key came with it
  bool local = false;    // it came by the control socket: whoever may open that is an administrator
  std::stop_token left;  // requested once nobody waits for the answer any more
  std::string header(std::string_view name) const;  // empty: none
};

// An answer that goes on for as long as its client stays, such as server-sent events.
class SideStream {
 public:
  virtual ~SideStream() = default;  // the client has left, or the gate stops
  // Calls `ready` once, soon or later and from any thread, with the next bytes; empty: that was all. Not
  // called again before it did.
  virtual void next(std::function<void(std::string)> ready) = 0;
};

struct SideAnswer {
  std::uint16_t status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<SideStream> stream;  // in place of the body
};

// Who answers them. Thread-safe; never blocks the caller, which is a loop.
class SideDoor {
 public:
  static constexpr std::size_t kMostBody = 1u << 20;      // bytes, of most requests
  static constexpr std::size_t kLargestBody = 32u << 20;  // of any
  virtual ~SideDoor() = default;
  virtual bool serves(std::string_view path) const = 0;
  // Bytes that the body of a request with this head (its `body` is empty) may have: at most kLargestBody, and
  // over kMostBody only of a caller whom it would hear.
  virtual std::size_t most_body(const SideRequest&) const { return kMostBody; }
  // The body that tells a client why its request does not get as far as ask(), in the form of its answers.
  virtual std::string refusal(std::string_view code, std::string_view message) const = 0;
  // Calls `done` once, soon or later, from any thread.
  virtual void ask(SideRequest request, std::function<void(SideAnswer)> done) = 0;
};

}  // namespace ostiary::gateway

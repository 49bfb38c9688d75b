#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "net/bind.h"
#include "net/stream.h"

namespace ostiary::net {

// Takes the connections of a socket on one loop.
class Listener {
 public:
  static Result<std::unique_ptr<Listener>> open(Loop& loop, Bound socket);
  // At an address. `shared`: other loops will listen here too, each with its own socket, and the kernel
  // spreads connections (SO_REUSEPORT). A Unix socket is for its owner alone. Errors: as Bound::open.
  static Result<std::unique_ptr<Listener>> open(Loop& loop, const Address& address, bool shared);
  ~Listener();
  const Address& address() const { return address_; }  // with the port that was taken

  // Hands each connection to `serve` until the loop stops, close() or destruction, from within `serve` too.
  // Out of descriptors: waits a moment and goes on.
  Task<void> accept(std::function<void(Stream)> serve);
  // The same before a loop has taken the connection on: it may be given to another one.
  Task<void> accept_any(std::function<void(Fd)> take);
  void close();

 private:
  Listener(Loop& loop, Bound socket, Watch* watch);
  Loop& loop_;
  std::optional<Bound> socket_;
  Watch* watch_;
  Address address_;
  std::shared_ptr<bool> open_;  // accept() may be resumed once more after the listener has gone
};

}  // namespace ostiary::net

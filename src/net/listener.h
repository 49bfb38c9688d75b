#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/stream.h"

namespace ostiary::net {

// A listening socket of one loop. Several loops may listen on one address (SO_REUSEPORT): the kernel spreads
// connections.
class Listener {
 public:
  // `shared`: other loops will listen here too. Port 0 takes a free one. Errors: exists (in use), denied, io.
  static Result<std::unique_ptr<Listener>> open(Loop& loop, const Address& address, bool shared);
  ~Listener();
  Address address() const { return address_; }  // with the port that was taken

  // Hands each connection to `serve` until the loop stops, close() or destruction, from within `serve` too.
  // Out of descriptors: waits a moment and goes on.
  Task<void> accept(std::function<void(Stream)> serve);
  void close();

 private:
  Listener(Loop& loop, Fd fd, Watch* watch, Address address);
  Loop& loop_;
  Fd fd_;
  Watch* watch_;
  Address address_;
  std::shared_ptr<bool> open_;  // accept() may be resumed once more after the listener has gone
};

}  // namespace ostiary::net

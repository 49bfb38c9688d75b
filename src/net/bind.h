#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

#include "base/file.h"
#include "base/result.h"
#include "net/stream.h"

namespace ostiary::net {

struct Binding {
  bool shared = false;     // TCP: more sockets of this process will be bound to the address (SO_REUSEPORT)
  unsigned mode = 0600;    // of a Unix socket's file
  std::string group = {};  // that the file belongs to; empty: the process's
};

// A socket that takes connections, and that no loop watches yet. The file of a Unix socket that was made here
// goes with it.
class Bound {
 public:
  // Port 0 takes a free one. A Unix socket's file that nobody listens at is replaced. Errors: exists
  // (somebody listens there), invalid (no such host or group, a path that is too long or no socket), denied,
  // io.
  static Result<Bound> open(const Address& wanted, const Binding& how);
  // A listening stream socket that somebody else has made. Its file is left alone. Errors: invalid.
  static Result<Bound> inherit(Fd fd);
  Bound(Bound&& other) noexcept = default;
  Bound& operator=(Bound&&) = delete;
  ~Bound();

  int fd() const { return fd_.get(); }
  const Address& address() const { return address_; }  // with the port that was taken

 private:
  struct File {
    dev_t device = 0;
    ino_t number = 0;
  };
  Bound(Fd fd, Address address) : fd_(std::move(fd)), address_(std::move(address)) {}
  static Result<Bound> open_unix(const Address& wanted, const Binding& how);
  static Result<Bound> open_tcp(const Address& wanted, const Binding& how);
  Fd fd_;
  Address address_;
  std::optional<File> file_;  // made here
};

}  // namespace ostiary::net

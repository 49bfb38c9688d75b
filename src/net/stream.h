#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>

#include "base/file.h"
#include "base/result.h"
#include "net/loop.h"
#include "net/task.h"

struct ssl_st;

namespace ostiary::net {

struct FreeSsl {
  void operator()(ssl_st* ssl) const;
};
using Ssl = std::unique_ptr<ssl_st, FreeSsl>;

// What one non-blocking read or write came to.
enum class Io : std::uint8_t { done, again, end, failed };

// A connected byte stream, plain or TLS, that belongs to one loop. Not thread-safe.
class Stream {
 public:
  static Result<Stream> adopt(Loop& loop, Fd fd);  // a connected or connecting non-blocking socket
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream() { close(); }

  // Reads what is there into `buffer`; `got` > 0 with Io::done. Io::end: the peer sent all it will.
  bool may_read() const { return ssl_ || watch_->readable; }  // false: read_some() would say Io::again
  Io read_some(std::span<char> buffer, std::size_t& got);
  // Writes what goes at once; `put` may be less than all. Io::again: nothing went.
  Io write_some(std::span<const iovec> parts, std::size_t& put);
  // Writes all of it, waiting where the peer is slow: backpressure. `deadline` is moved on by idle_ms at each
  // progress. Errors: timeout, closed.
  Task<Result<>> write(std::string_view bytes, Deadline& deadline, std::uint64_t idle_ms, MonoNs until = 0);

  // Ends our side, reads and drops what still comes until the peer ends or `ms` are over: closing while the
  // peer sends would make its system throw away what it was sent last.
  Task<void> linger(Deadline& deadline, std::uint64_t ms);

  void start_tls(Ssl ssl) { ssl_ = std::move(ssl); }
  bool is_tls() const { return ssl_ != nullptr; }
  ssl_st* ssl() const { return ssl_.get(); }
  Watch* watch() const { return watch_; }
  Loop& loop() const { return *loop_; }
  int fd() const { return fd_.get(); }
  // True when an idle connection is still open with nothing to read: it may be used again.
  bool quiet();

 private:
  Stream(Loop& loop, Fd fd, Watch* watch) : loop_(&loop), fd_(std::move(fd)), watch_(watch) {}
  void close();
  Io tls_status(int result);
  Io tls_write(std::span<const iovec> parts, std::size_t& put);
  Loop* loop_;
  Fd fd_;
  Watch* watch_;
  Ssl ssl_;
};

// An address to connect to or listen on.
struct Address {
  std::string host;  // name or literal, IPv6 without brackets; for a Unix socket the path
  std::uint16_t port = 0;
  bool is_unix = false;
};
// "127.0.0.1:8080", "[::1]:0", "localhost:80", "unix:/run/gate.sock"; and back.
Result<Address> parse_address(std::string_view text);
std::string to_text(const Address& address);
bool is_loopback(const Address& address);

// Connects within the deadline, trying each address that the name has. Resolved names are kept for a minute
// by each loop; resolving runs on a thread of its own. Errors: not_found (no such name), timeout, io
// (refused, unreachable), cancelled as closed. `abandon`: a watch whose peer's leaving gives the attempt up
// (closed); may be null.
Task<Result<Stream>> connect(Loop& loop, Address address, Deadline& deadline, Watch* abandon);

// A pair of connected streams' descriptors within this process.
Result<std::pair<Fd, Fd>> socket_pair();

}  // namespace ostiary::net

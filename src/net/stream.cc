#include "net/stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace ostiary::net {

void FreeSsl::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

Result<Stream> Stream::adopt(Loop& loop, Fd fd) {
  const int one = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // fails harmlessly on Unix sockets
  TRY(Watch * watch, loop.add(fd.get()));
  return Stream(loop, std::move(fd), watch);
}

Stream::Stream(Stream&& other) noexcept
    : loop_(other.loop_),
      fd_(std::move(other.fd_)),
      watch_(std::exchange(other.watch_, nullptr)),
      ssl_(std::move(other.ssl_)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    close();
    loop_ = other.loop_;
    fd_ = std::move(other.fd_);
    watch_ = std::exchange(other.watch_, nullptr);
    ssl_ = std::move(other.ssl_);
  }
  return *this;
}

void Stream::close() {
  if (!watch_) return;
  if (ssl_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // best effort; the peer's answer is not awaited
  }
  ssl_.reset();
  loop_->remove(watch_);
  watch_ = nullptr;
  fd_.reset();
}

bool Stream::quiet() {
  if (watch_->gone) return false;
  if (!watch_->readable) return true;
  char byte = 0;
  if (ssl_) {  // a session ticket may be waiting, which is no data
    ERR_clear_error();
    const int n = SSL_peek(ssl_.get(), &byte, 1);
    return n <= 0 && tls_status(n) == Io::again;
  }
  if (::recv(fd_.get(), &byte, 1, MSG_PEEK) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return false;
  watch_->readable = false;
  return true;
}

Io Stream::tls_status(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      watch_->readable = false;
      return Io::again;
    case SSL_ERROR_WANT_WRITE:
      watch_->writable = false;
      return Io::again;
    case SSL_ERROR_ZERO_RETURN:
      return Io::end;
    default:  // an end without close_notify is a failure: the answer may have been cut
      return Io::failed;
  }
}

Io Stream::read_some(std::span<char> buffer, std::size_t& got) {
  if (loop_->had_share(*watch_)) return Io::again;
  if (ssl_) {
    ERR_clear_error();
    const int n =
        SSL_read(ssl_.get(), buffer.data(), static_cast<int>(std::min<std::size_t>(buffer.size(), 1 << 30)));
    if (n <= 0) return tls_status(n);
    got = static_cast<std::size_t>(n);
    loop_->took(*watch_, got);
    return Io::done;
  }
  if (!watch_->readable) return Io::again;  // an edge will tell: asking before costs a call for nothing
  for (;;) {
    const auto n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (n > 0) {
      got = static_cast<std::size_t>(n);
      loop_->took(*watch_, got);
      // A short read has emptied the socket: the next bytes come with a new edge. After the peer's end there
      // is none.
      if (got < buffer.size() && !watch_->gone) watch_->readable = false;
      return Io::done;
    }
    if (n == 0) {
      watch_->gone = true;  // and stays readable: the next read says so again
      return Io::end;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      watch_->readable = false;
      return Io::again;
    }
    return Io::failed;
  }
}

// A try that said `again` is repeated with the same bytes in front, so that records may be begun.
Io Stream::tls_write(std::span<const iovec> parts, std::size_t& put) {
  for (const auto& part : parts) {
    if (part.iov_len == 0) continue;
    ERR_clear_error();
    std::size_t n = 0;
    const int result = SSL_write_ex(ssl_.get(), part.iov_base, part.iov_len, &n);
    if (result <= 0)
      return put > 0 ? (tls_status(result) == Io::failed ? Io::failed : Io::done) : tls_status(result);
    put += n;
    if (n < part.iov_len) break;
  }
  return Io::done;
}

Io Stream::write_some(std::span<const iovec> parts, std::size_t& put) {
  put = 0;
  // Small parts are cheaper copied together here than described to the kernel, or sealed, one by one.
  std::array<char, 4096> together;
  std::size_t whole = 0;
  for (const auto& part : parts) whole += part.iov_len;
  iovec one{together.data(), 0};
  if (parts.size() > 1 && whole <= together.size()) {
    for (const auto& part : parts) {
      if (part.iov_len > 0) std::memcpy(together.data() + one.iov_len, part.iov_base, part.iov_len);
      one.iov_len += part.iov_len;
    }
    parts = {&one, 1};
  }
  if (ssl_) return tls_write(parts, put);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  for (;;) {
    const auto n = parts.size() == 1 ? ::send(fd_.get(), parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                                     : ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    if (n >= 0) {
      put = static_cast<std::size_t>(n);
      return Io::done;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      watch_->writable = false;
      return Io::again;
    }
    return Io::failed;
  }
}

Task<Result<>> Stream::write(std::string_view bytes, Deadline& deadline, std::uint64_t idle_ms,
                             MonoNs until) {
  while (!bytes.empty()) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    std::size_t put = 0;
    const Io io = write_some(std::span(&part, 1), put);
    if (io == Io::failed || io == Io::end) co_return fail(Code::closed, "the peer closed the connection");
    if (io == Io::done) {
      bytes.remove_prefix(put);
      if (bytes.empty()) break;
      if (put > 0) continue;
    }
    deadline.set_after_ms(idle_ms);
    if (until != 0) deadline.set(std::min(deadline.at(), until));
    Waiter wait(*loop_);
    if (ssl_ && watch_->writable)
      wait.read(watch_);  // TLS waits for the peer to speak
    else
      wait.write(watch_);
    const Wake why = co_await wait.until(deadline);
    if (why == Wake::timeout) co_return fail(Code::timeout, "the peer takes nothing");
    if (why != Wake::ready) co_return fail(Code::closed, "the connection ended");
  }
  co_return Result<>{};
}

Task<void> Stream::linger(Deadline& deadline, std::uint64_t ms) {
  constexpr std::size_t most = 256u << 20;
  if (ssl_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(fd_.get(), SHUT_WR);
  const MonoNs until = loop_->now() + static_cast<MonoNs>(ms) * 1'000'000;
  for (std::size_t dropped = 0; dropped < most;) {
    std::size_t got = 0;
    const Io io = read_some({loop_->scratch(), Loop::kScratchBytes}, got);
    dropped += got;
    if (io == Io::done && loop_->now() < until) continue;
    if (io != Io::again) co_return;
    deadline.set(until);
    Waiter wait(*loop_);
    if (co_await wait.read(watch_).until(deadline) != Wake::ready) co_return;
  }
}

Result<std::pair<Fd, Fd>> socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
    return fail_errno("make a socket pair", "", errno);
  return std::pair(Fd(fds[0]), Fd(fds[1]));
}

}  // namespace ostiary::net

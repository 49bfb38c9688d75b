#include "net/listener.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>

namespace ostiary::net {

Listener::Listener(Loop& loop, Bound socket, Watch* watch)
    : loop_(loop),
      socket_(std::move(socket)),
      watch_(watch),
      address_(socket_->address()),
      open_(std::make_shared<bool>(true)) {}

Listener::~Listener() {
  close();
}

void Listener::close() {
  if (!watch_) return;
  loop_.remove(watch_);
  watch_ = nullptr;
  *open_ = false;
  socket_.reset();
}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, Bound socket) {
  if (const int flags = ::fcntl(socket.fd(), F_GETFL); (flags & O_NONBLOCK) == 0)
    ::fcntl(socket.fd(), F_SETFL, flags | O_NONBLOCK);
  TRY(Watch * watch, loop.add(socket.fd()));
  return std::unique_ptr<Listener>(new Listener(loop, std::move(socket), watch));
}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const Address& address, bool shared) {
  TRY(auto socket, Bound::open(address, {.shared = shared}));
  return open(loop, std::move(socket));
}

Task<void> Listener::accept(std::function<void(Stream)> serve) {
  co_await accept_any([&loop = loop_, &serve](Fd fd) {
    if (auto stream = Stream::adopt(loop, std::move(fd))) serve(std::move(*stream));
  });
}

Task<void> Listener::accept_any(std::function<void(Fd)> take) {
  const std::shared_ptr<bool> open = open_;
  Deadline pause(loop_);
  while (*open) {
    Fd fd(::accept4(socket_->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      take(std::move(fd));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    Waiter wait(loop_);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      watch_->readable = false;
      wait.read(watch_);
    } else {  // out of descriptors or memory
      pause.set_after_ms(100);
      wait.gone(watch_).until(pause);
    }
    const Wake why = co_await wait;
    if (why == Wake::cancelled) co_return;
  }
}

}  // namespace ostiary::net

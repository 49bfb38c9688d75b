#include "net/listener.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace ostiary::net {

namespace {

Result<Fd> listen_unix(const Address& address) {
  sockaddr_un path{};
  path.sun_family = AF_UNIX;
  if (address.host.size() >= sizeof path.sun_path)
    return fail(Code::invalid, "the socket's path is too long: use a shorter data folder", address.host);
  std::memcpy(path.sun_path, address.host.c_str(), address.host.size() + 1);
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("make a socket", address.host, errno);
  ::unlink(address.host.c_str());  // of a process that is gone: the caller holds the folder's lock
  const mode_t before = ::umask(0177);
  const int bound = ::bind(fd.get(), reinterpret_cast<sockaddr*>(&path), sizeof path);
  const int error = errno;
  ::umask(before);
  if (bound != 0) return fail_errno("listen", address.host, error);
  return fd;
}

Result<Fd> listen_tcp(Address& address, bool shared) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string where = address.host + ":" + std::to_string(address.port);
  if (const int error =
          ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list);
      error != 0)
    return fail(Code::invalid, std::string("cannot listen: ") + ::gai_strerror(error), where);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> hold(list, &::freeaddrinfo);
  Fd fd(::socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("make a socket", where, errno);
  const int one = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (shared) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (::bind(fd.get(), list->ai_addr, list->ai_addrlen) != 0) {
    if (errno == EADDRINUSE)
      return fail(Code::exists,
                  "the address is in use: stop what listens there, or choose another with --listen HOST:PORT",
                  where);
    return fail_errno("listen", where, errno);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  address.port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                                   : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  return fd;
}

}  // namespace

Listener::Listener(Loop& loop, Fd fd, Watch* watch, Address address)
    : loop_(loop),
      fd_(std::move(fd)),
      watch_(watch),
      address_(std::move(address)),
      open_(std::make_shared<bool>(true)) {}

Listener::~Listener() {
  close();
}

void Listener::close() {
  if (!watch_) return;
  loop_.remove(watch_);
  watch_ = nullptr;
  *open_ = false;
  fd_.reset();
  if (address_.is_unix) ::unlink(address_.host.c_str());
}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const Address& wanted, bool shared) {
  Address address = wanted;
  auto fd = address.is_unix ? listen_unix(address) : listen_tcp(address, shared);
  if (!fd) return std::unexpected<Error>(fd.error());
  if (::listen(fd->get(), 4096) != 0) return fail_errno("listen", address.host, errno);
  TRY(Watch * watch, loop.add(fd->get()));
  return std::unique_ptr<Listener>(new Listener(loop, std::move(*fd), watch, std::move(address)));
}

Task<void> Listener::accept(std::function<void(Stream)> serve) {
  const std::shared_ptr<bool> open = open_;
  Deadline pause(loop_);
  while (*open) {
    Fd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      if (auto stream = Stream::adopt(loop_, std::move(fd))) serve(std::move(*stream));
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

#include "net/bind.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <grp.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace ostiary::net {

namespace {

constexpr int kBacklog = 4096;

std::uint16_t port_of(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// Whether somebody takes connections at the path.
bool answers(const sockaddr_un& path) {
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&path), sizeof path) == 0 ||
         errno == EAGAIN;  // its queue is full
}

// Makes room for a socket's file: what a process that is gone has left is taken away.
Result<> clear_path(const sockaddr_un& path) {
  struct stat found{};
  if (::lstat(path.sun_path, &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode))
    return fail(Code::invalid, "there is a file that is no socket; choose another path", path.sun_path);
  if (answers(path))
    return fail(Code::exists, "the socket is in use: stop what listens there, or choose another path",
                path.sun_path);
  if (::unlink(path.sun_path) != 0 && errno != ENOENT)
    return fail_errno("replace the socket", path.sun_path, errno);
  return {};
}

Result<gid_t> find_group(const std::string& name) {
  std::vector<char> buffer(16 * 1024);
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (!found) return fail(Code::invalid, "this system has no such group", name);
  return found->gr_gid;
}

// Only now may others than the owner connect.
Result<> hand_over(const std::string& path, const Binding& how) {
  if (!how.group.empty()) {
    TRY(const gid_t group, find_group(how.group));
    if (::chown(path.c_str(), static_cast<uid_t>(-1), group) != 0)
      return errno == EPERM || errno == EINVAL
                 ? fail(Code::denied,
                        "the socket cannot be given to the group " + how.group +
                            ": this process must be a member of it. A systemd unit that hides groups "
                            "(PrivateUsers=) leaves that to the socket unit's SocketGroup=",
                        path)
                 : fail_errno("give the socket to the group " + how.group, path, errno);
  }
  if (::chmod(path.c_str(), how.mode) != 0) return fail_errno("set the socket's mode", path, errno);
  return {};
}

}  // namespace

Bound::~Bound() {
  struct stat now{};
  if (fd_ && file_ && ::lstat(address_.host.c_str(), &now) == 0 && now.st_dev == file_->device &&
      now.st_ino == file_->number)
    ::unlink(address_.host.c_str());
}

Result<Bound> Bound::open(const Address& wanted, const Binding& how) {
  auto bound = wanted.is_unix ? open_unix(wanted, how) : open_tcp(wanted, how);
  if (bound && ::listen(bound->fd(), kBacklog) != 0) return fail_errno("listen", to_text(wanted), errno);
  return bound;
}

Result<Bound> Bound::open_unix(const Address& wanted, const Binding& how) {
  const std::string& where = wanted.host;
  sockaddr_un path{};
  path.sun_family = AF_UNIX;
  if (where.size() >= sizeof path.sun_path)
    return fail(Code::invalid, "the socket's path is too long: use a shorter one, of at most 107 bytes",
                where);
  std::memcpy(path.sun_path, where.c_str(), where.size() + 1);
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("make a socket", where, errno);
  TRY_VOID(clear_path(path));
  ::fchmod(fd.get(), 0600);  // what the file begins with
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&path), sizeof path) != 0)
    return fail_errno("listen", where, errno);
  Bound bound(std::move(fd), wanted);
  struct stat made{};
  if (::lstat(where.c_str(), &made) == 0) bound.file_ = File{made.st_dev, made.st_ino};
  TRY_VOID(hand_over(where, how));
  return bound;
}

Result<Bound> Bound::open_tcp(const Address& wanted, const Binding& how) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string where = to_text(wanted);
  if (const int error =
          ::getaddrinfo(wanted.host.c_str(), std::to_string(wanted.port).c_str(), &hints, &list);
      error != 0)
    return fail(Code::invalid, std::string("cannot listen: ") + ::gai_strerror(error), where);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> hold(list, &::freeaddrinfo);
  Fd fd(::socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("make a socket", where, errno);
  const int one = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (how.shared) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (::bind(fd.get(), list->ai_addr, list->ai_addrlen) != 0) {
    if (errno == EADDRINUSE)
      return fail(Code::exists,
                  "the address is in use: stop what listens there, or choose another with --listen HOST:PORT",
                  where);
    return fail_errno("listen", where, errno);
  }
  sockaddr_storage taken{};
  socklen_t size = sizeof taken;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&taken), &size);
  return Bound(std::move(fd), Address{wanted.host, port_of(taken), false});
}

Result<Bound> Bound::inherit(Fd fd) {
  const std::string where = "descriptor " + std::to_string(fd.get());
  int type = 0, listening = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &size) != 0)
    return fail(Code::invalid, "what was handed to the gate to listen at is no socket", where);
  size = sizeof listening;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
  if (type != SOCK_STREAM || listening == 0)
    return fail(Code::invalid,
                "the socket that was handed to the gate takes no connections: it must be a "
                "listening stream socket",
                where);
  sockaddr_storage at{};
  size = sizeof at;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size);
  if (at.ss_family == AF_UNIX) {
    const auto& path = reinterpret_cast<const sockaddr_un&>(at);
    const auto length = size - offsetof(sockaddr_un, sun_path);
    return Bound(std::move(fd),
                 Address{std::string(path.sun_path, ::strnlen(path.sun_path, length)), 0, true});
  }
  char host[NI_MAXHOST];
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&at), size, host, sizeof host, nullptr, 0,
                    NI_NUMERICHOST) != 0)
    return fail(Code::invalid, "the socket that was handed to the gate is neither TCP nor Unix", where);
  return Bound(std::move(fd), Address{host, port_of(at), false});
}

}  // namespace ostiary::net

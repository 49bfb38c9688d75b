#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <thread>

#include "base/text.h"
#include "net/stream.h"

namespace ostiary::net {

namespace {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

struct Resolved {
  Result<std::vector<Endpoint>> endpoints = std::vector<Endpoint>{};
  Waiter* waiter = nullptr;  // null once nobody waits any more
};

constexpr MonoNs kKeepNameNs = 60'000'000'000;

struct CachedName {
  std::vector<Endpoint> endpoints;
  MonoNs until = 0;
};

// One loop runs on one thread, so the cache of a thread is the cache of its loop.
std::map<std::string, CachedName>& name_cache() {
  thread_local std::map<std::string, CachedName> cache;
  return cache;
}

Result<std::vector<Endpoint>> lookup(const Address& address, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list);
  if (error != 0) return fail(Code::not_found, std::string("cannot resolve the name: ") + ::gai_strerror(error), address.host);
  std::vector<Endpoint> found;
  for (const addrinfo* a = list; a; a = a->ai_next) {
    Endpoint e;
    std::memcpy(&e.address, a->ai_addr, a->ai_addrlen);
    e.size = a->ai_addrlen;
    found.push_back(e);
  }
  ::freeaddrinfo(list);
  return found;
}

Result<std::vector<Endpoint>> unix_endpoint(const Address& address) {
  Endpoint e;
  auto* path = reinterpret_cast<sockaddr_un*>(&e.address);
  path->sun_family = AF_UNIX;
  if (address.host.size() >= sizeof path->sun_path) return fail(Code::invalid, "the socket's path is too long", address.host);
  std::memcpy(path->sun_path, address.host.c_str(), address.host.size() + 1);
  e.size = sizeof(sockaddr_un);
  return std::vector{e};
}

Task<Result<std::vector<Endpoint>>> resolve(Loop& loop, const Address& address, Deadline& deadline, Watch* abandon) {
  if (address.is_unix) co_return unix_endpoint(address);
  if (auto literal = lookup(address, AI_NUMERICHOST)) co_return literal;
  const std::string key = address.host + ":" + std::to_string(address.port);
  if (const auto cached = name_cache().find(key); cached != name_cache().end() && cached->second.until > loop.now())
    co_return cached->second.endpoints;

  auto shared = std::make_shared<Resolved>();
  Waiter wait(loop);
  wait.until(deadline).gone(abandon);
  shared->waiter = &wait;
  std::thread([shared, address, remote = loop.remote()] {
    auto endpoints = lookup(address, AI_ADDRCONFIG);
    remote->post([shared, endpoints = std::move(endpoints)]() mutable {
      shared->endpoints = std::move(endpoints);
      if (shared->waiter) shared->waiter->fire(Wake::ready);
    });
  }).detach();
  const Wake why = co_await wait;
  shared->waiter = nullptr;
  if (why == Wake::timeout) co_return fail(Code::timeout, "resolving the name took too long", address.host);
  if (why != Wake::ready) co_return fail(Code::closed, "given up", address.host);
  if (shared->endpoints) name_cache()[key] = {*shared->endpoints, loop.now() + kKeepNameNs};
  co_return std::move(shared->endpoints);
}

std::string place(const Address& a) { return a.is_unix ? a.host : a.host + ":" + std::to_string(a.port); }

}  // namespace

Task<Result<Stream>> connect(Loop& loop, Address address, Deadline& deadline, Watch* abandon) {
  auto endpoints = co_await resolve(loop, address, deadline, abandon);
  if (!endpoints) co_return std::unexpected<Error>(endpoints.error());
  Error last{Code::io, "no address to connect to", place(address)};
  for (const auto& endpoint : *endpoints) {
    Fd fd(::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) co_return fail_errno("make a socket", place(address), errno);
    const int raw = fd.get();
    const int started = ::connect(raw, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.size);
    if (started != 0 && errno != EINPROGRESS) {
      last = fail_errno("connect", place(address), errno).error();
      last.code = Code::io;
      continue;
    }
    auto stream = Stream::adopt(loop, std::move(fd));
    if (!stream) co_return std::unexpected<Error>(stream.error());
    if (started != 0) {
      Waiter wait(loop);
      const Wake why = co_await wait.write(stream->watch()).gone(abandon).until(deadline);
      if (why == Wake::timeout) co_return fail(Code::timeout, "connecting took too long", place(address));
      if (why != Wake::ready) co_return fail(Code::closed, "given up", place(address));
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(raw, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) co_return std::move(*stream);
    last = Error{Code::io, std::string("cannot connect: ") + std::strerror(error), place(address)};
  }
  co_return std::unexpected<Error>(last);
}

Result<Address> parse_address(std::string_view textual) {
  const auto colon = textual.rfind(':');
  const auto wrong = [&] { return fail(Code::invalid, "'" + std::string(textual) + "' is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080"); };
  if (colon == std::string_view::npos) return wrong();
  const auto port = text::parse_uint(textual.substr(colon + 1));
  auto host = textual.substr(0, colon);
  if (!port || *port > 65535 || host.empty()) return wrong();
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos) return wrong();
  return Address{std::string(host), static_cast<std::uint16_t>(*port), false};
}

bool is_loopback(const Address& address) {
  if (address.is_unix || address.host == "localhost") return true;
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, address.host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return ::inet_pton(AF_INET6, address.host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace ostiary::net

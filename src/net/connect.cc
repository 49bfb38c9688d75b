#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/text.h"
#include "net/stream.h"

namespace ostiary::net {

namespace {

constexpr std::string_view kUnixPrefix = "unix:";

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

// A name being resolved: one thread asks for all that want it.
struct Lookup {
  std::shared_ptr<Remote> remote;
  Result<std::vector<Endpoint>> endpoints = std::vector<Endpoint>{};
  std::vector<Waiter*> waiters;
};

constexpr MonoNs kKeepNameNs = 60'000'000'000;

struct CachedName {
  std::vector<Endpoint> endpoints;
  MonoNs until = 0;
};

// One loop runs on one thread, so the names of a thread are those of its loop.
struct Names {
  std::map<std::string, CachedName> known;
  std::map<std::string, std::weak_ptr<Lookup>> asked;
};
Names& names() {
  thread_local Names all;
  return all;
}

Result<std::vector<Endpoint>> lookup(const Address& address, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  // localhost is this machine, whatever a resolver knows of it (RFC 6761 section 6.3).
  const std::string port = std::to_string(address.port);
  int error = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &list);
  if (error != 0 && address.host == "localhost" && !(flags & AI_NUMERICHOST))
    error = ::getaddrinfo("127.0.0.1", port.c_str(), &hints, &list);
  if (error != 0)
    return fail(Code::not_found, std::string("cannot resolve the name: ") + ::gai_strerror(error),
                address.host);
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
  if (address.host.size() >= sizeof path->sun_path)
    return fail(Code::invalid, "the socket's path is too long", address.host);
  std::memcpy(path->sun_path, address.host.c_str(), address.host.size() + 1);
  e.size = sizeof(sockaddr_un);
  return std::vector{e};
}

Result<std::shared_ptr<Lookup>> start_lookup(Loop& loop, const Address& address, const std::string& key) {
  auto shared = std::make_shared<Lookup>();
  shared->remote = loop.remote();
  try {
    std::thread([shared, address, key, &loop] {
      auto endpoints = lookup(address, AI_ADDRCONFIG);
      shared->remote->post([shared, key, &loop, endpoints = std::move(endpoints)]() mutable {
        shared->endpoints = std::move(endpoints);
        if (shared->endpoints) names().known[key] = {*shared->endpoints, loop.now() + kKeepNameNs};
        names().asked.erase(key);
        for (Waiter* waiter : shared->waiters) waiter->fire(Wake::ready);
      });
    }).detach();
  } catch (const std::system_error& error) {
    return fail(Code::unavailable, std::string("cannot start a thread to resolve the name: ") + error.what(),
                address.host);
  }
  names().asked[key] = shared;
  return shared;
}

Task<Result<std::vector<Endpoint>>> resolve(Loop& loop, const Address& address, Deadline& deadline,
                                            Watch* abandon) {
  if (address.is_unix) co_return unix_endpoint(address);
  if (auto literal = lookup(address, AI_NUMERICHOST)) co_return literal;
  const std::string key = address.host + ":" + std::to_string(address.port);
  if (const auto known = names().known.find(key);
      known != names().known.end() && known->second.until > loop.now())
    co_return known->second.endpoints;

  std::shared_ptr<Lookup> shared;
  if (const auto asked = names().asked.find(key); asked != names().asked.end()) shared = asked->second.lock();
  if (!shared || shared->remote != loop.remote()) {
    CO_TRY(shared, start_lookup(loop, address, key));
  }
  Waiter wait(loop);
  wait.until(deadline).gone(abandon);
  shared->waiters.push_back(&wait);
  const Wake why = co_await wait;
  std::erase(shared->waiters, &wait);
  if (why == Wake::timeout) co_return fail(Code::timeout, "resolving the name took too long", address.host);
  if (why != Wake::ready) co_return fail(Code::closed, "given up", address.host);
  co_return shared->endpoints;
}

Task<Result<Stream>> connect_one(Loop& loop, const Endpoint& endpoint, Deadline& deadline, Watch* abandon) {
  Fd fd(::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) co_return fail_errno("make a socket", "", errno);
  const int raw = fd.get();
  const int started = ::connect(raw, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.size);
  if (started != 0 && errno != EINPROGRESS) {
    Error refused = fail_errno("connect", "", errno).error();
    refused.code = Code::io;
    co_return std::unexpected<Error>(refused);
  }
  auto stream = Stream::adopt(loop, std::move(fd));
  if (!stream || started == 0) co_return stream;
  Waiter wait(loop);
  const Wake why = co_await wait.write(stream->watch()).gone(abandon).until(deadline);
  if (why == Wake::timeout) co_return fail(Code::timeout, "connecting took too long");
  if (why != Wake::ready) co_return fail(Code::closed, "given up");
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(raw, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) co_return fail(Code::io, std::string("cannot connect: ") + std::strerror(error));
  co_return stream;
}

}  // namespace

Task<Result<Stream>> connect(Loop& loop, Address address, Deadline& deadline, Watch* abandon) {
  auto endpoints = co_await resolve(loop, address, deadline, abandon);
  if (!endpoints) co_return std::unexpected<Error>(endpoints.error());
  Error last{Code::io, "no address to connect to", to_text(address)};
  Deadline attempt(loop);
  auto left = static_cast<MonoNs>(endpoints->size());
  for (const auto& endpoint : *endpoints) {
    // An address that swallows packets may not use up the time of those after it.
    if (deadline.at() != 0) attempt.set(loop.now() + (deadline.at() - loop.now()) / left--);
    auto connected = co_await connect_one(loop, endpoint, attempt, abandon);
    if (connected || connected.error().code == Code::closed) co_return connected;
    last = connected.error();
  }
  last.where = to_text(address);
  co_return std::unexpected<Error>(last);
}

std::string to_text(const Address& address) {
  if (address.is_unix) return std::string(kUnixPrefix) + address.host;
  const bool bare = address.host.find(':') == std::string::npos;
  return (bare ? address.host : "[" + address.host + "]") + ":" + std::to_string(address.port);
}

Result<Address> parse_address(std::string_view textual) {
  if (textual.starts_with(kUnixPrefix)) {
    const auto path = textual.substr(kUnixPrefix.size());
    if (path.empty() || path.find('\0') != std::string_view::npos)
      return fail(Code::invalid, "'unix:' must name a path, such as unix:/run/ostiary/gate.sock");
    return Address{std::string(path), 0, true};
  }
  const auto colon = textual.rfind(':');
  const auto wrong = [&] {
    return fail(Code::invalid, "'" + std::string(textual) +
                                   "' is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, nor unix:PATH");
  };
  if (colon == std::string_view::npos) return wrong();
  const auto port = text::parse_uint(textual.substr(colon + 1));
  auto host = textual.substr(0, colon);
  if (!port || *port > 65535 || host.empty()) return wrong();
  if (host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return wrong();
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

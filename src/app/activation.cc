#include "app/activation.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/text.h"

namespace ostiary::app {

namespace {

constexpr std::uint64_t kMostSockets = 64;

std::optional<std::uint64_t> number(const char* text) {
  return text ? text::parse_uint(text) : std::nullopt;
}

}  // namespace

Result<std::vector<net::Bound>> inherited_sockets(const std::function<const char*(const char*)>& get,
                                                  pid_t self, int first) {
  std::vector<net::Bound> sockets;
  const auto pid = number(get("LISTEN_PID")), count = number(get("LISTEN_FDS"));
  if (!pid || *pid != static_cast<std::uint64_t>(self) || !count) return sockets;  // not meant for us
  if (*count > kMostSockets)
    return fail(Code::invalid, fmt::format("more than {} sockets were handed over", kMostSockets),
                "LISTEN_FDS");
  const char* given = get("LISTEN_FDNAMES");
  const auto names = text::split(given ? given : "", ':');
  for (std::size_t i = 0; i < *count; ++i) {
    Fd fd(first + static_cast<int>(i));
    ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
    auto socket = net::Bound::inherit(std::move(fd));
    if (!socket && i < names.size() && !names[i].empty())
      socket.error().where += fmt::format(" ({})", names[i]);
    if (!socket) return std::unexpected(socket.error());
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

}  // namespace ostiary::app

#include "app/notify.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/file.h"
#include "base/text.h"

namespace ostiary::app {

Notifier::Notifier(const std::function<const char*(const char*)>& get, pid_t self) {
  const auto text = [&](const char* name) { return std::string(get(name) ? get(name) : ""); };
  const auto socket = text("NOTIFY_SOCKET");
  if (socket.size() > 1 && socket.size() < sizeof(sockaddr_un::sun_path) &&
      (socket.front() == '/' || socket.front() == '@'))
    socket_ = socket;
  const auto pid = text("WATCHDOG_PID");
  const auto every = text::parse_uint(text("WATCHDOG_USEC"));
  if (!socket_.empty() && every && (pid.empty() || text::parse_uint(pid) == static_cast<std::uint64_t>(self)))
    watchdog_ms_ = *every == 0 ? 0 : std::max<std::uint64_t>(1, *every / 1000);
}

void Notifier::send(std::string_view message) const {
  if (socket_.empty()) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // an abstract one
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
           size);
}

void Notifier::ready(std::string_view status) const {
  send(fmt::format("READY=1\nSTATUS={}\n", status));
}

void Notifier::reloading(MonoNs now) const {
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reading the configuration again\n", now / 1000));
}

void Notifier::stopping() const {
  send("STOPPING=1\nSTATUS=exchanges under way may end\n");
}

void Notifier::waiting(std::string_view status, std::uint64_t ms) const {
  send(fmt::format("EXTEND_TIMEOUT_USEC={}\nSTATUS={}\n", ms * 1000, status));
}

void Notifier::alive() const {
  send("WATCHDOG=1\n");
}

}  // namespace ostiary::app

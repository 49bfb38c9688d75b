#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/time.h"

namespace ostiary::app {

// Tells a service manager how the program does, as sd_notify(3) has it: one datagram a word, to the socket
// that NOTIFY_SOCKET names. Without one, or where nobody takes it, nothing happens. Thread-safe.
class Notifier {
 public:
  // `get` is std::getenv in the program; `self` its process id, for WATCHDOG_PID.
  explicit Notifier(const std::function<const char*(const char*)>& get, pid_t self);

  void ready(std::string_view status) const;  // also after a reload
  void reloading(MonoNs now) const;           // Type=notify-reload
  void stopping() const;
  // Not ready yet, and that may take `ms` more.
  void waiting(std::string_view status, std::uint64_t ms) const;
  void alive() const;
  // How often alive() is expected at least; 0: not at all.
  std::uint64_t watchdog_ms() const { return watchdog_ms_; }

 private:
  void send(std::string_view message) const;
  std::string socket_;  // empty: nobody listens
  std::uint64_t watchdog_ms_ = 0;
};

}  // namespace ostiary::app

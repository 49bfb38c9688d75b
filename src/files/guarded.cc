#include "files/impl/guarded.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

namespace ostiary::files {

namespace {

// What the handler reads: it may run in any thread at any time, so that there is no lock.
std::array<Guarded, 1024> all;
struct sigaction before;
std::uintptr_t page_size = 4096;

bool mend(const char* at) {
  for (auto& guarded : all) {
    const auto* start = guarded.start.load(std::memory_order_acquire);
    const auto* end = guarded.end.load(std::memory_order_relaxed);
    if (!start || at < start || at >= end) continue;
    guarded.changed.store(true, std::memory_order_relaxed);
    // From this page on: each by itself would be a signal for every page of what is gone.
    const auto page = reinterpret_cast<std::uintptr_t>(at) / page_size * page_size;
    const auto size = reinterpret_cast<std::uintptr_t>(end) - page;
    return ::mmap(reinterpret_cast<void*>(page), size, PROT_READ,  // NOLINT(performance-no-int-to-ptr)
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
  }
  return false;
}

void on_bus(int number, siginfo_t* info, void* context) {
  const int saved = errno;
  const bool mended = mend(static_cast<const char*>(info->si_addr));
  errno = saved;
  if (mended) return;
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction)
    before.sa_sigaction(number, info, context);
  else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
    before.sa_handler(number);
  else
    ::sigaction(number, &before, nullptr);  // it happens again, and then as if nobody had been here
}

void install() {
  page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction ours{};
  ours.sa_sigaction = on_bus;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&ours.sa_mask);
  ::sigaction(SIGBUS, &ours, &before);
}

}  // namespace

Guarded* guard(const char* start, std::size_t size) {
  static std::once_flag once;
  static std::mutex mutex;
  std::call_once(once, install);
  const std::lock_guard lock(mutex);
  for (auto& guarded : all) {
    if (guarded.end.load()) continue;
    guarded.changed = false;
    guarded.end = start + size;
    guarded.start.store(start, std::memory_order_release);
    return &guarded;
  }
  return nullptr;
}

void release(Guarded* guarded) {
  guarded->start = nullptr;
  guarded->end = nullptr;
}

}  // namespace ostiary::files

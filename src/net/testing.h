#pragma once

#include <chrono>
#include <fcntl.h>
#include <memory>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/time.h"
#include "net/loop.h"
#include "net/task.h"

// What the tests of this module share.
namespace ostiary::net::testing {

inline std::unique_ptr<Loop> make_loop() {
  return std::move(*Loop::create());
}

inline void sleep_ms(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

inline std::int64_t ms_since(MonoNs begin) {
  return (mono_now() - begin) / 1'000'000;
}

inline void make_blocking(const Fd& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
}

inline Task<> then_stop(Loop& loop, Task<> task) {
  co_await std::move(task);
  loop.stop();
}

// Runs the loop until the task has ended. A loop runs once.
inline void run(Loop& loop, Task<> task) {
  spawn(then_stop(loop, std::move(task)));
  loop.run();
}

}  // namespace ostiary::net::testing

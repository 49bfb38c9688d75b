#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ostiary::report {

// "reading 1,200/4,800  25 %  about 12 s left", at most `width` columns. With `all` 0 it is not known: only
// what is done is told. `elapsed` in nanoseconds.
std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t all, MonoNs elapsed,
                          std::size_t width);

// One line on a terminal for work that takes over a second, drawn at most ten times a second and wiped at the
// end. When `fd` is no terminal, or not `on`, it does nothing. One thread at a time; show() costs a look at
// the clock.
class Progress {
 public:
  Progress(std::string_view what, bool on, int fd = 2);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void show(std::uint64_t done, std::uint64_t all);
  void wipe();  // before something else is written to the terminal

 private:
  void draw(std::string_view text);

  std::string what_;
  int fd_;
  bool on_, drawn_ = false;
  MonoNs started_, last_ = 0;
};

}  // namespace ostiary::report

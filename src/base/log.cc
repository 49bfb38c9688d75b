#include "base/log.h"

#include <atomic>
#include <string>
#include <unistd.h>

#include "base/time.h"

namespace ostiary::log {

namespace {
std::atomic<Level> threshold{Level::info};
}

void set_level(Level level) {
  threshold.store(level, std::memory_order_relaxed);
}

void write(Level level, std::string_view text) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  constexpr std::string_view names[] = {" debug ", " info  ", " warn  ", " error "};
  std::string line = rfc3339(wall_now());
  line += names[static_cast<int>(level)];
  for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  line += '\n';
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace ostiary::log

#pragma once

#include <string_view>

namespace ostiary::log {

enum class Level { debug, info, warn, error };

// Lines on stderr: "2026-11-23T08:00:00.000Z warn  text". Thread-safe, one write a line. Never pass a secret,
// a prompt or an answer; control characters are replaced, so that outside input cannot forge a line.
void write(Level level, std::string_view text);
void set_level(Level level);

inline void debug(std::string_view text) {
  write(Level::debug, text);
}
inline void info(std::string_view text) {
  write(Level::info, text);
}
inline void warn(std::string_view text) {
  write(Level::warn, text);
}
inline void error(std::string_view text) {
  write(Level::error, text);
}

}  // namespace ostiary::log

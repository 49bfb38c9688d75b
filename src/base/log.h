#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace ostiary::log {

enum class Level { debug, info, warn, error };
enum class Form { text, json };

// One line on stderr or in the log's file, as text "2026-11-23T08:00:00.000Z warn  text" or as JSON
// {"at":"2026-11-23T08:00:00.000Z","level":"warn","message":"text"}. Thread-safe, one write a line. Never
// pass a secret, a prompt or an answer; control characters are replaced, so that outside input cannot forge a
// line.
void write(Level level, std::string_view text);
void set_level(Level level);
void set_form(Form form);
// Appends to a file (made with mode 0640) from now on; empty: to stderr. Called again it opens the file anew,
// which lets it be moved away before. An error leaves all as it was. From one thread at a time.
Result<> write_to(const std::string& path);

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

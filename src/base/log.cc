#include "base/log.h"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"

namespace ostiary::log {

namespace {

std::atomic<Level> threshold{Level::info};
std::atomic<Form> form_of_lines{Form::text};
// Once a file is open its number stays: another file takes it over while other threads write.
std::atomic<int> target{STDERR_FILENO};

constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};

char plain(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
}

void append_text(std::string& line, std::string_view name, std::string_view text) {
  line += ' ';
  line += name;
  line.append(6 - name.size(), ' ');
  for (const char c : text) line += plain(c);
}

void append_json(std::string& line, std::string_view name, std::string_view text) {
  line += "\",\"level\":\"";
  line += name;
  line += "\",\"message\":\"";
  const bool readable = text::is_utf8(text);
  for (const char c : text) {
    if (c == '"' || c == '\\') line += '\\';
    line += readable || static_cast<unsigned char>(c) < 0x80 ? plain(c) : '?';
  }
  line += "\"}";
}

}  // namespace

void set_level(Level level) {
  threshold.store(level, std::memory_order_relaxed);
}

void set_form(Form form) {
  form_of_lines.store(form, std::memory_order_relaxed);
}

Result<> write_to(const std::string& path) {
  const int now = target.load();
  if (path.empty()) {
    target.store(STDERR_FILENO);  // the file's number stays open: another thread may be writing to it
    return {};
  }
  Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (!file) return fail_errno("open the log", path, errno);
  static int kept = -1;
  if (kept < 0)
    kept = file.release();
  else if (::dup3(file.get(), kept, O_CLOEXEC) < 0)
    return fail_errno("open the log", path, errno);
  if (now != kept) target.store(kept);
  return {};
}

void write(Level level, std::string_view text) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  const bool json = form_of_lines.load(std::memory_order_relaxed) == Form::json;
  const auto name = kNames[static_cast<int>(level)];
  std::string line = json ? "{\"at\":\"" : "";
  line += rfc3339(wall_now());
  json ? append_json(line, name, text) : append_text(line, name, text);
  line += '\n';
  [[maybe_unused]] const auto written =
      ::write(target.load(std::memory_order_relaxed), line.data(), line.size());
}

}  // namespace ostiary::log

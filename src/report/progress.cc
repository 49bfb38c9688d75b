#include "report/progress.h"

#include <algorithm>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

#include "base/file.h"
#include "report/table.h"

namespace ostiary::report {

namespace {

constexpr MonoNs kSecond = 1'000'000'000;

std::string grouped(std::uint64_t n) {
  auto out = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<std::size_t>(at), 1, ',');
  return out;
}

std::string left_text(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", std::max(seconds, 1.0));
  if (seconds < 90 * 60) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.0f} h", seconds / 3600);
}

}  // namespace

std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t all, MonoNs elapsed,
                          std::size_t width) {
  if (all == 0) return fitted(fmt::format("{} {}", what, grouped(done)), width);
  done = std::min(done, all);
  const auto part = static_cast<double>(done) / static_cast<double>(all);
  auto line = fmt::format("{} {}/{}  {:.0f} %", what, grouped(done), grouped(all), part * 100);
  if (done > 0 && done < all)
    line +=
        fmt::format("  about {} left", left_text(static_cast<double>(elapsed) / kSecond * (1 - part) / part));
  return fitted(line, width);
}

Progress::Progress(std::string_view what, bool on, int fd)
    : what_(what), fd_(fd), on_(on && ::isatty(fd) == 1), started_(mono_now()) {}

// A terminal that is gone ends the drawing, not the work.
void Progress::draw(std::string_view text) {
  if (!write_all(fd_, text, "the terminal")) on_ = false;
}

Progress::~Progress() {
  wipe();
}

void Progress::wipe() {
  if (std::exchange(drawn_, false)) draw("\r\x1b[K");
}

void Progress::show(std::uint64_t done, std::uint64_t all) {
  if (!on_) return;
  const auto now = mono_now();
  if (now - started_ < kSecond || now - last_ < kSecond / 10) return;
  last_ = now;
  drawn_ = true;
  winsize size{};
  const std::size_t width = ::ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79;
  draw("\r" + progress_line(what_, done, all, now - started_, width) + "\x1b[K");
}

}  // namespace ostiary::report

#include "report/progress.h"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"

namespace ostiary::report {
namespace {

constexpr MonoNs kSecond = 1'000'000'000;

TEST(Progress, TheLineTellsHowFarAndHowLong) {
  EXPECT_EQ(progress_line("reading", 1200, 4800, 4 * kSecond, 80),
            "reading 1,200/4,800  25 %  about 12 s left");
  EXPECT_EQ(progress_line("reading", 1, 1000, kSecond, 80), "reading 1/1,000  0 %  about 17 min left");
  EXPECT_EQ(progress_line("reading", 5, 5, kSecond, 80), "reading 5/5  100 %");
  EXPECT_EQ(progress_line("reading", 0, 5, kSecond, 80), "reading 0/5  0 %");
  EXPECT_EQ(progress_line("reading", 9, 5, kSecond, 80), "reading 5/5  100 %");
  EXPECT_EQ(progress_line("reading", 1234567, 0, kSecond, 80), "reading 1,234,567");
  EXPECT_EQ(progress_line("reading", 1, 2, kSecond, 10), "reading 1…");
}

// Reads what a terminal got while `work` ran.
std::string shown(bool on, bool terminal, const std::function<void(Progress&)>& work) {
  const Fd main(::posix_openpt(O_RDWR | O_NOCTTY));
  EXPECT_TRUE(main && ::grantpt(main.get()) == 0 && ::unlockpt(main.get()) == 0);
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  const Fd reading(ends[0]), writing(ends[1]);
  const Fd tty(::open(::ptsname(main.get()), O_RDWR | O_NOCTTY));
  {
    Progress progress("reading", on, terminal ? tty.get() : writing.get());
    work(progress);
  }
  // The kernel hands on what was written to a terminal in its own time.
  pollfd waiting{.fd = terminal ? main.get() : reading.get(), .events = POLLIN, .revents = 0};
  std::string out;
  char buffer[4096];
  while (::poll(&waiting, 1, 300) == 1) {
    const auto n = ::read(waiting.fd, buffer, sizeof buffer);
    if (n <= 0) break;
    out.append(buffer, static_cast<std::size_t>(n));
  }
  return out;
}

void a_while(Progress& progress) {
  for (std::uint64_t i = 0; i < 150; ++i) {
    progress.show(i, 150);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

TEST(Progress, IsDrawnNowAndThenAfterASecondAndWiped) {
  const auto started = mono_now();
  const auto out = shown(true, true, a_while);
  const auto tenths = (mono_now() - started) / (kSecond / 10);
  EXPECT_THAT(out, ::testing::HasSubstr("/150"));
  EXPECT_TRUE(out.ends_with("\r\x1b[K"));
  const auto drawn = std::ranges::count(out, '\r');
  EXPECT_GE(drawn, 2);
  EXPECT_LE(drawn, tenths - 10 + 2);  // none in the first second; the first and the wiping
}

TEST(Progress, IsNotDrawnElsewhereNorWhenQuietNorForShortWork) {
  EXPECT_EQ(shown(true, false, a_while), "");
  EXPECT_EQ(shown(false, true, a_while), "");
  EXPECT_EQ(shown(true, true, [](Progress& progress) { progress.show(1, 2); }), "");
}

}  // namespace
}  // namespace ostiary::report

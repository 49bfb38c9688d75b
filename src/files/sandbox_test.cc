#include "files/impl/sandbox.h"

#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <thread>

#include "base/file.h"
#include "base/testing.h"

namespace ostiary::files {
namespace {

using std::chrono::steady_clock;

Result<SandboxRun> shell(const std::string& script, std::string_view input = "",
                         const SandboxLimits& limits = {}, const std::stop_token& stop = {}) {
  return run_in_sandbox({"/bin/sh", "-c", script}, input, limits, stop);
}

TEST(Sandbox, WhatAProgramReadsAndSaysGoesThrough) {
  const std::string text(300'000, 'x');
  const auto run = run_in_sandbox({"cat"}, text);
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_EQ(run->exit, 0);
  EXPECT_EQ(run->output, text);
  const auto failed = shell("echo no >&2; exit 3");
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->exit, 3);
  EXPECT_EQ(failed->errors, "no\n");
}

TEST(Sandbox, FilesOfPeopleAreNeitherReadNorWritten) {
  const ostiary::testing::TempFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "secret", "hidden"));
  auto run =
      shell(fmt::format("read x < {0}/secret && echo $x; echo new > {0}/new; echo y >> {0}/secret; "
                        "read x < /etc/passwd && echo $x; echo end",
                        folder.path()));
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_EQ(run->output, "end\n");
  EXPECT_FALSE(read_file(folder / "new"));
  EXPECT_EQ(*read_file(folder / "secret"), "hidden");
}

TEST(Sandbox, ThereIsNoNetworkAndNoOtherProcess) {
  // The shell cannot fork, and none of these is built in.
  const auto forked = shell("/bin/cat /dev/null; echo after");
  ASSERT_TRUE(forked);
  EXPECT_FALSE(forked->output.contains("after") && forked->exit == 0) << forked->output;
  const auto killed = shell("kill -0 1; echo $?");
  ASSERT_TRUE(killed);
  EXPECT_NE(killed->output, "0\n");
  const auto connected =
      run_in_sandbox({"perl", "-e", "print socket(my $s, 2, 1, 0) ? 'open' : 'refused'"}, "");
  ASSERT_TRUE(connected) << connected.error().text();
  EXPECT_EQ(connected->output, "refused") << connected->errors;
}

TEST(Sandbox, AProgramThatHangsOrFloodsIsEnded) {
  SandboxLimits limits;
  limits.deadline_ms = 100;
  const auto begun = steady_clock::now();
  const auto hung = shell("while :; do :; done", "", limits);
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().code, Code::timeout);
  const auto silent = shell("exec >&- 2>&-; while :; do :; done", "", limits);
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code, Code::timeout);
  limits = {};
  limits.output_bytes = 100'000;
  const auto flood =
      shell("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done", "", limits);
  ASSERT_FALSE(flood);
  EXPECT_EQ(flood.error().code, Code::too_large);
  const auto said =
      shell("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa >&2; done", "", {.deadline_ms = 200});
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Code::timeout);
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST(Sandbox, WhatItMayUseUpIsBounded) {
  const auto cpu = shell("while :; do :; done", "", {.cpu_seconds = 1, .deadline_ms = 60'000});
  ASSERT_TRUE(cpu) << cpu.error().text();
  EXPECT_GE(cpu->exit, 128);
  const auto memory = shell("x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done", "",
                            {.memory_bytes = 64u << 20, .deadline_ms = 60'000});
  ASSERT_TRUE(memory) << memory.error().text();
  EXPECT_NE(memory->exit, 0);
}

TEST(Sandbox, ItEndsWhenNobodyWaitsAnyMore) {
  std::stop_source stop;
  std::thread leaves([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.request_stop();
  });
  const auto begun = steady_clock::now();
  const auto run = shell("while :; do :; done", "", {}, stop.get_token());
  leaves.join();
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Code::closed);
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST(Sandbox, AProgramThatIsMissingIsNamed) {
  const auto run = run_in_sandbox({"no-such-program-here"}, "");
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Code::not_found);
}

}  // namespace
}  // namespace ostiary::files

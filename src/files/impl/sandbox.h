#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::files {

struct SandboxLimits {
  std::uint64_t output_bytes = 64ULL << 20;
  std::uint64_t memory_bytes = 1ULL << 30;  // of address space
  std::uint64_t cpu_seconds = 20;
  int deadline_ms = 30'000;  // from its start
};

// What a program came to. `exit`: its code, or 128 + the signal that ended it.
struct SandboxRun {
  int exit = 0;
  std::string output;
  std::string errors;  // stderr, its first 4 KiB
};

// Runs a program that reads what strangers wrote: `input` is all it can read but the system's libraries, its
// output all it can say. It opens no socket, writes no file, sees no other process and starts none, and gains
// no rights. That is done with Landlock (Linux 5.13) and seccomp, both of which need no privilege; where one
// of them is missing nothing is run.
//
// Blocks until the program has ended; it is killed at a limit and when `stop` says so. Errors: `not_found`
// where arguments[0] is not on the PATH, `unavailable` where the system cannot confine it, `timeout`,
// `too_large` (output), `closed` (stopped), `io`. Thread-safe.
Result<SandboxRun> run_in_sandbox(const std::vector<std::string>& arguments, std::string_view input,
                                  const SandboxLimits& limits = {}, const std::stop_token& stop = {});

}  // namespace ostiary::files

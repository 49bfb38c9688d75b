#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ostiary::app {

struct Ran {
  int code = -1;         // what it ended with; 128 + N after signal N
  std::string out, err;  // stdout (at most kMostOutput bytes), stderr (at most 64 KiB)
};

inline constexpr std::size_t kMostOutput = 1U << 30;

// Runs a program that is looked for in PATH, with `input` as its stdin and `environment` (NAME=value) as the
// whole of its environment. It is killed with all that it started once `until` has come, which may be moved
// nearer meanwhile: `timeout`. `not_found` where there is no such program.
Result<Ran> run_program(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& environment, std::string_view input,
                        const std::atomic<MonoNs>& until);

}  // namespace ostiary::app

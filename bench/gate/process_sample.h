#pragma once

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace ostiary::bench {

/// What the kernel has counted for some processes, all threads, up to one moment.
struct ProcessSample {
  struct Thread {
    pid_t tid = 0;
    std::uint64_t cpu_ns = 0;
  };
  std::vector<Thread> threads;     ///< exact run time, from schedstat
  std::uint64_t user_ticks = 0;    ///< from stat
  std::uint64_t system_ticks = 0;  ///< from stat
  std::uint64_t switches = 0;      ///< voluntary context switches
  std::uint64_t rss_anon_kb = 0;
};

ProcessSample sample_processes(const std::vector<pid_t>& pids);

/// CPU time used between two samples, in nanoseconds. A thread that is only in the later one
/// counts in full; one that ended in between is lost.
std::uint64_t cpu_between(const ProcessSample& from, const ProcessSample& to);

/// What one core did up to a moment, in clock ticks of _SC_CLK_TCK.
struct CoreSample {
  std::uint64_t busy = 0;    ///< anything but idle, waiting for I/O and stolen
  std::uint64_t stolen = 0;  ///< taken by the hypervisor
};

CoreSample sample_core(int core);

}  // namespace ostiary::bench

#include "telemetry/process.h"

#include <cmath>
#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/time.h"

namespace ostiary::telemetry {
namespace {

double value_of(std::string_view name) {
  Registry registry;
  registry.collect_with(collect_process);
  for (const auto& snapshot : registry.gather())
    if (snapshot.family->name == name) return snapshot.series.at(0).measured;
  return std::nan("");
}

TEST(Process, CountsOpenDescriptors) {
  const double before = value_of("process_open_fds");
  const Fd one(::open("/dev/null", O_RDONLY)), two(::open("/dev/null", O_RDONLY));
  EXPECT_EQ(value_of("process_open_fds"), before + 2);
  EXPECT_GT(value_of("process_max_fds"), before);
}

TEST(Process, ProcessorTimeGrowsWithWork) {
  const double before = value_of("process_cpu_seconds");
  const auto until = mono_now() + 60'000'000;
  while (mono_now() < until) {
  }
  EXPECT_GT(value_of("process_cpu_seconds"), before);
}

TEST(Process, StartedNotLongAgoAndStaysSo) {
  const double start = value_of("process_start_time_seconds");
  const double now = static_cast<double>(wall_now()) / 1000;
  EXPECT_LT(start, now + 1);
  EXPECT_GT(start, now - 300);
  EXPECT_EQ(value_of("process_start_time_seconds"), start);
}

TEST(Process, MemoryIsThatOfAProgram) {
  EXPECT_GT(value_of("process_resident_memory_bytes"), 500e3);
  EXPECT_GT(value_of("process_virtual_memory_bytes"), value_of("process_resident_memory_bytes"));
  EXPECT_GE(value_of("process_threads"), 1);
}

}  // namespace
}  // namespace ostiary::telemetry

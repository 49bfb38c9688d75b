#include "telemetry/process.h"

#include <filesystem>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

namespace ostiary::telemetry {

namespace {

constexpr Family kCpu{.name = "process_cpu_seconds",
                      .kind = Kind::counter,
                      .help = "Processor time of the process, user and system",
                      .unit = "seconds"};
constexpr Family kResident{.name = "process_resident_memory_bytes",
                           .kind = Kind::gauge,
                           .help = "Memory of the process that is in use",
                           .unit = "bytes"};
constexpr Family kVirtual{.name = "process_virtual_memory_bytes",
                          .kind = Kind::gauge,
                          .help = "Address space of the process",
                          .unit = "bytes"};
constexpr Family kThreads{.name = "process_threads", .kind = Kind::gauge, .help = "Threads of the process"};
constexpr Family kOpen{.name = "process_open_fds", .kind = Kind::gauge, .help = "Open descriptors"};
constexpr Family kMost{
    .name = "process_max_fds", .kind = Kind::gauge, .help = "Descriptors that may be open"};
constexpr Family kStart{.name = "process_start_time_seconds",
                        .kind = Kind::gauge,
                        .help = "When the process started, since the epoch",
                        .unit = "seconds"};

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Once, so that a clock which is set anew does not look like a restart.
double start_time(double ticks_after_boot) {
  static const double start = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) + ticks_after_boot;
  return start;
}

// Fields of /proc/self/stat, counted from 1 as proc(5) does. Files of /proc say nothing of their size.
void collect_stat(Samples& samples) {
  const auto stat = read_file("/proc/self/stat", 64 * 1024);
  if (!stat) return;
  const auto name_end = stat->rfind(')');  // the name of the program may hold blanks
  if (name_end == std::string::npos) return;
  const auto fields = text::split(text::trim(std::string_view(*stat).substr(name_end + 1)), ' ');
  const auto field = [&](std::size_t number) {
    const auto value = fields.size() > number - 3 ? text::parse_uint(fields[number - 3]) : std::nullopt;
    return static_cast<double>(value.value_or(0));
  };
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  samples.set(kCpu, {}, (field(14) + field(15)) / ticks);
  samples.set(kThreads, {}, field(20));
  samples.set(kStart, {}, start_time(field(22) / ticks));
  samples.set(kVirtual, {}, field(23));
  samples.set(kResident, {}, field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
}

}  // namespace

void collect_process(Samples& samples) {
  collect_stat(samples);
  std::error_code error;
  std::size_t open = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error))
    ++open;
  if (!error && open > 0) samples.set(kOpen, {}, static_cast<double>(open - 1));  // but the one that counts
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) samples.set(kMost, {}, static_cast<double>(files.rlim_cur));
}

}  // namespace ostiary::telemetry

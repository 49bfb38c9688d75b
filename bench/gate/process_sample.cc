#include "process_sample.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace ostiary::bench {
namespace {

std::string read_file(const std::string& path) {
  std::string out;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return out;
  std::array<char, 8192> buffer{};
  for (;;) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got <= 0) break;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(fd);
  return out;
}

/// The number after `label` in `text`, 0 where the label is missing.
std::uint64_t number_after(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  return at == std::string_view::npos ? 0 : std::strtoull(text.data() + at + label.size(), nullptr, 10);
}

std::vector<pid_t> thread_ids(const std::string& process) {
  std::vector<pid_t> out;
  DIR* directory = opendir((process + "/task").c_str());
  if (directory == nullptr) return out;
  while (const dirent* entry = readdir(directory)) {
    const long tid = std::strtol(entry->d_name, nullptr, 10);
    if (tid > 0) out.push_back(static_cast<pid_t>(tid));
  }
  closedir(directory);
  return out;
}

void add_ticks(ProcessSample& sample, const std::string& stat) {
  // Fields 14 and 15; the second field, the name, is in parentheses and may hold spaces.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return;
  std::size_t at = name_end + 1;
  for (int field = 2; field < 13; ++field) at = stat.find(' ', at + 1);
  char* next = nullptr;
  sample.user_ticks += std::strtoull(stat.c_str() + at, &next, 10);
  sample.system_ticks += std::strtoull(next, nullptr, 10);
}

}  // namespace

ProcessSample sample_processes(const std::vector<pid_t>& pids) {
  ProcessSample sample;
  for (const pid_t pid : pids) {
    const std::string process = "/proc/" + std::to_string(pid);
    for (const pid_t tid : thread_ids(process)) {
      const std::string task = process + "/task/" + std::to_string(tid);
      sample.threads.push_back(
          {.tid = tid, .cpu_ns = std::strtoull(read_file(task + "/schedstat").c_str(), nullptr, 10)});
      sample.switches += number_after(read_file(task + "/status"), "\nvoluntary_ctxt_switches:");
    }
    add_ticks(sample, read_file(process + "/stat"));
    sample.rss_anon_kb += number_after(read_file(process + "/status"), "RssAnon:");
  }
  return sample;
}

std::uint64_t cpu_between(const ProcessSample& from, const ProcessSample& to) {
  std::uint64_t total = 0;
  for (const ProcessSample::Thread& thread : to.threads) {
    std::uint64_t before = 0;
    for (const ProcessSample::Thread& old : from.threads) {
      if (old.tid == thread.tid) before = old.cpu_ns;
    }
    total += thread.cpu_ns - before;
  }
  return total;
}

CoreSample sample_core(int core) {
  const std::string stat = read_file("/proc/stat");
  const std::string label = "cpu" + std::to_string(core) + " ";
  const std::size_t at = stat.find(label);
  if (at == std::string::npos) return {};
  std::array<std::uint64_t, 8> field{};  // user nice system idle iowait irq softirq steal
  const char* text = stat.c_str() + at + label.size();
  for (std::uint64_t& value : field) {
    char* next = nullptr;
    value = std::strtoull(text, &next, 10);
    text = next;
  }
  return {.busy = field[0] + field[1] + field[2] + field[5] + field[6], .stolen = field[7]};
}

}  // namespace ostiary::bench

// How fast `scan --logs` reads a Squid log of realistic shape, on one core: 1.5 % of its lines go to hosts of
// the catalogue. Beside it, in the same run: a pass that only finds the ends of lines, which no reader of
// lines can undercut, and ripgrep and grep counting the lines with one of seven domains, where they are
// installed.
//   scan_logs [MEGABYTES [FILE]]      512 and a file of its own; a FILE that is there is read as it is
// Exits with 1 below 500 MB/s.
#include "scan/logs.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <random>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "base/testing.h"
#include "base/text.h"

namespace {

using namespace ostiary;

constexpr const char* kSeven =
    "chatgpt\\.com|claude\\.ai|gemini\\.google\\.com|api\\.openai\\.com|api\\.anthropic\\.com|perplexity\\."
    "ai|api\\.mistral\\.ai";

class Maker {
 public:
  explicit Maker(const std::vector<scan::LogTarget>& targets) {
    const std::vector<std::string> tops = {"com", "com", "com", "net", "org", "de", "co.uk", "io", "fr"};
    const std::vector<std::string> subs = {
        "www.", "cdn.", "api.", "static.", "img3.", "login.", "eu-west.telemetry.", ""};
    for (int i = 0; i < 3000; ++i)
      hosts_.push_back(fmt::format("{}{}{}.{}", pick(subs), word(4 + random_() % 9), i, pick(tops)));
    for (const auto* known :
         {"www.google.com", "fonts.googleapis.com", "outlook.office.com", "update.microsoft.com",
          "s3.eu-west-1.amazonaws.com", "graph.microsoft.com", "github.com", "www.bing.com"})
      for (int i = 0; i < 30; ++i) hosts_[random_() % 300] = known;
    for (const auto& target : targets)
      if (!target.host.contains('*')) wanted_.push_back(target.host);
  }

  std::string line() {
    at_ms_ += random_() % 40;
    const bool wanted = random_() % 1000 < 15;
    const auto& host = wanted ? pick(wanted_) : hosts_[zipf()];
    const auto client = fmt::format("10.{}.{}.{}", random_() % 4, random_() % 64, 1 + random_() % 250);
    const auto user = random_() % 3 ? "-" : word(6);
    const auto time = fmt::format("{}.{:03}", at_ms_ / 1000, at_ms_ % 1000);
    const auto peer = fmt::format("HIER_DIRECT/{}.{}.{}.{}", 11 + random_() % 200, random_() % 256,
                                  random_() % 256, 1 + random_() % 254);
    if (random_() % 10 < 7)
      return fmt::format("{} {:6} {} TCP_TUNNEL/200 {} CONNECT {}:443 {} {} -\n", time, random_() % 100'000,
                         client, random_() % 500'000, host, user, peer);
    return fmt::format("{} {:6} {} TCP_MISS/200 {} GET http://{}/{}/{}?v={} {} {} text/html\n", time,
                       random_() % 3000, client, random_() % 90'000, host, word(5 + random_() % 20),
                       word(5 + random_() % 40), random_(), user, peer);
  }

 private:
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[random_() % from.size()];
  }
  std::string word(std::size_t size) {
    std::string out;
    while (out.size() < size) out += static_cast<char>('a' + random_() % 26);
    return out;
  }
  std::size_t zipf() {
    const double u = static_cast<double>(random_() % 1'000'000) / 1e6;
    return static_cast<std::size_t>(static_cast<double>(hosts_.size()) * u * u * u);
  }

  std::mt19937_64 random_{7};
  std::vector<std::string> hosts_, wanted_;
  std::uint64_t at_ms_ = 1'763'884'800'000;
};

bool make(const std::string& path, std::uint64_t bytes, const std::vector<scan::LogTarget>& targets) {
  Maker maker(targets);
  auto* file = std::fopen(path.c_str(), "wb");
  if (!file) return false;
  std::uint64_t written = 0;
  bool good = true;
  while (good && written < bytes) {
    const auto line = maker.line();
    good = std::fwrite(line.data(), 1, line.size(), file) == line.size();
    written += line.size();
  }
  return std::fclose(file) == 0 && good;
}

// Of the processor, user and system: others may be at work on the machine.
double cpu_seconds(int whose) {
  rusage usage{};
  ::getrusage(whose, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

template <class Run>
double median_seconds(Run run, int whose = RUSAGE_SELF) {
  constexpr int rounds = 5;
  std::vector<double> all;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = cpu_seconds(whose);
    run();
    all.push_back(cpu_seconds(whose) - begin);
  }
  std::ranges::sort(all);
  return all[all.size() / 2];
}

std::uint64_t lines_of(const std::string& path, std::vector<char>& buffer) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::uint64_t lines = 0;
  for (ssize_t got; (got = ::read(file.get(), buffer.data(), buffer.size())) > 0;) {
    const char *p = buffer.data(), *end = p + got;
    while ((p = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)))))
      ++lines, ++p;
  }
  return lines;
}

// A program of the system, where there is one.
void beside(const char* name, const std::string& call, double megabytes, double ours) {
  if (std::system(fmt::format("command -v {} > /dev/null", name).c_str()) != 0) return;
  const auto seconds = median_seconds(
      [&] {
        if (std::system(call.c_str()) < 0) std::perror(name);
      },
      RUSAGE_CHILDREN);
  fmt::print("{:24}{:8.0f} MB/s   ostiary is {:.2f} times as fast\n", name, megabytes / seconds,
             seconds / ours);
}

}  // namespace

int main(int argc, char** argv) {
  const testing::TempFolder folder;
  const auto targets = scan::catalogue_targets();
  const std::string path = argc > 2 ? argv[2] : folder / "access.log";
  const auto wanted = text::parse_uint(argc > 1 ? argv[1] : "512");
  if (!wanted || (argc <= 2 && !make(path, *wanted * 1'000'000, targets))) {
    std::perror("no log could be made");
    return 2;
  }
  std::error_code ignored;
  const auto megabytes = static_cast<double>(std::filesystem::file_size(path, ignored)) / 1e6;
  std::vector<char> buffer(256 << 10);
  std::uint64_t lines = 0;
  const auto plain = median_seconds([&] { lines = lines_of(path, buffer); });
  scan::LogReport report;
  const auto ours = median_seconds([&] {
    auto read = scan::scan_logs({path}, targets, {});
    if (!read) fmt::print(stderr, "{}\n", read.error().text()), std::exit(3);
    report = *std::move(read);
  });
  fmt::print("{:.0f} MB, {} lines, {:.2f} % of them to {} rows of the catalogue\n", megabytes, lines,
             100.0 * static_cast<double>(report.matched) / static_cast<double>(lines), report.rows.size());
  fmt::print("{:24}{:8.0f} MB/s, {:.0f} ns a line\n", "ostiary scan --logs", megabytes / ours,
             ours * 1e9 / static_cast<double>(lines));
  fmt::print("{:24}{:8.0f} MB/s   ostiary is {:.2f} times as fast\n", "ends of lines alone",
             megabytes / plain, plain / ours);
  beside("rg", fmt::format("rg -j1 -c '{}' '{}' | cat > /dev/null", kSeven, path), megabytes, ours);
  beside("grep", fmt::format("LC_ALL=C grep -Ec '{}' '{}' | cat > /dev/null", kSeven, path), megabytes, ours);
  return megabytes / ours < 500 ? 1 : 0;
}

// How fast the detectors of the catalogue go over clean text: whole files, prompts of 1 KB and 32 KB, a
// stream in pieces of 64 bytes. Beside it, as a limit, the first pass over the keywords alone and a plain
// memchr().
//   inspect_throughput FILE...
#include <algorithm>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <functional>

#include "base/file.h"
#include "inspect/engine.h"

namespace {

using namespace ostiary;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 9;

// Seconds, the median of rounds in turns.
struct Contender {
  const char* name;
  std::function<void()> run;
  std::vector<double> seconds;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

template <class Take>
void pieces(std::string_view text, std::size_t size, Take&& take) {
  for (std::size_t at = 0; at < text.size(); at += size) take(text.substr(at, size));
}

void stream(inspect::Scanner& scanner, std::string_view text, std::size_t size) {
  scanner.begin();
  for (std::size_t at = 0; at < text.size();) {
    at = std::min(text.size(), at + size);
    const auto base = scanner.keep_from();
    scanner.scan(text.substr(base, at - base), base, at == text.size());
  }
}

void measure(const inspect::Engine& engine, const std::string& path) {
  const auto file = read_file(path);
  if (!file) return fmt::print(stderr, "{}\n", file.error().text());
  const std::string_view text = *file;
  inspect::Inspecting inspecting(engine);
  inspect::Scanner scanner(engine.detectors());
  inspect::Literals::Scratch scratch(engine.detectors().first_pass());
  std::vector<inspect::Literals::Hit> hits;
  std::size_t findings = 0;
  volatile std::size_t sink = 0;
  std::vector<Contender> all{
      {"memchr",
       [&] { sink = sink + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\1')); },
       {}},
      {"keywords alone",
       [&] { hits.clear(), engine.detectors().first_pass().scan(text, scratch, hits); },
       {}},
      {"whole", [&] { findings = inspecting.inspect(text).findings.size(); }, {}},
      {"32 KB", [&] { pieces(text, 32768, [&](auto p) { inspecting.inspect(p); }); }, {}},
      {"1 KB", [&] { pieces(text, 1024, [&](auto p) { inspecting.inspect(p); }); }, {}},
      {"stream of 64 B", [&] { stream(scanner, text, 64); }, {}},
  };
  for (int round = 0; round < kRounds; ++round)
    for (auto& contender : all) {
      const auto begin = Clock::now();
      contender.run();
      contender.seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    }
  fmt::print("{}: {:.1f} MB, {} findings\n", path, static_cast<double>(text.size()) / 1e6, findings);
  for (const auto& contender : all) {
    const auto s = median(contender.seconds);
    fmt::print("  {:<15} {:>7.0f} MB/s  {:>9.2f} µs a KB  {:>9.2f} µs for 32 KB\n", contender.name,
               static_cast<double>(text.size()) / s / 1e6,
               s * 1e6 / (static_cast<double>(text.size()) / 1024),
               s * 1e6 / (static_cast<double>(text.size()) / 32768));
  }
}

}  // namespace

int main(int count, char** arguments) {
  const auto begin = Clock::now();
  const auto engine = inspect::Engine::builtin();
  if (!engine) return fmt::print(stderr, "{}\n", engine.error().text()), 3;
  fmt::print("{} detectors and {} keywords ready in {:.1f} ms\n", (*engine)->detectors().detectors().size(),
             (*engine)->detectors().literals().size(),
             std::chrono::duration<double>(Clock::now() - begin).count() * 1e3);
  for (int i = 1; i < count; ++i) measure(**engine, arguments[i]);
  return 0;
}

// How fast the detectors of the catalogue go over clean text: whole files, prompts of 1 KB and 32 KB, a
// stream in pieces of 64 bytes. Beside it, as limits, the first pass over the keywords alone, Vectorscan over
// the same keywords, and a plain count of one byte.
//   inspect_throughput [--only=CONTENDER] FILE...
#include <algorithm>
#include <ctime>
#include <fmt/format.h>
#include <functional>

#include "base/file.h"
#include "inspect/engine.h"

namespace {

using namespace ostiary;
// The processor's time of this thread: others at work on the machine count for less.
double now() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

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

// All keywords for Vectorscan, wherever they stand.
inspect::Literals everywhere(const inspect::Keywords& keywords) {
  std::vector<inspect::Literals::Literal> literals;
  for (const auto& keyword : keywords.all()) literals.push_back({keyword.text, keyword.any_case});
  auto compiled = inspect::Literals::compile(literals);
  return compiled ? std::move(*compiled) : inspect::Literals();
}

void measure(const inspect::Engine& engine, const std::string& path, std::string_view only) {
  const auto file = read_file(path);
  if (!file) return fmt::print(stderr, "{}\n", file.error().text());
  const std::string_view text = *file;
  inspect::Inspecting inspecting(engine);
  inspect::Scanner scanner(engine.detectors());
  const auto& keywords = engine.detectors().passes().front().keywords;
  inspect::Keywords::Scratch scratch(keywords);
  std::vector<inspect::Keywords::Hit> hits;
  static const auto peer = everywhere(keywords);
  inspect::Literals::Scratch peers_scratch(peer);
  std::vector<inspect::Literals::Hit> peers_hits;
  std::vector<bool> of_secrets;
  for (const auto& detector : engine.detectors().detectors())
    of_secrets.push_back(detector.klass == inspect::Class::secret);
  inspect::Scanner secrets(engine.detectors());  // that only secrets hold back
  secrets.heed(&of_secrets);
  std::size_t findings = 0;
  volatile std::size_t sink = 0;
  std::vector<Contender> all{
      {"count",
       [&] { sink = sink + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\1')); },
       {}},
      {"Vectorscan", [&] { peers_hits.clear(), peer.scan(text, peers_scratch, peers_hits); }, {}},
      {"keywords", [&] { hits.clear(), keywords.scan(text, {0, 0, text.size()}, scratch, hits); }, {}},
      {"whole", [&] { findings = inspecting.inspect(text).findings.size(); }, {}},
      {"32 KB", [&] { pieces(text, 32768, [&](auto p) { inspecting.inspect(p); }); }, {}},
      {"1 KB", [&] { pieces(text, 1024, [&](auto p) { inspecting.inspect(p); }); }, {}},
      {"stream of 64 B", [&] { stream(scanner, text, 64); }, {}},
      {"... of secrets", [&] { stream(secrets, text, 64); }, {}},
  };
  if (!only.empty()) std::erase_if(all, [&](const Contender& c) { return c.name != only; });
  for (int round = 0; round < kRounds; ++round)
    for (auto& contender : all) {
      const auto begin = now();
      contender.run();
      contender.seconds.push_back(now() - begin);
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
  const auto begin = now();
  const auto engine = inspect::Engine::builtin();
  if (!engine) return fmt::print(stderr, "{}\n", engine.error().text()), 3;
  fmt::print("{} detectors and {} keywords ready in {:.1f} ms\n", (*engine)->detectors().detectors().size(),
             (*engine)->detectors().passes().front().keywords.all().size(), (now() - begin) * 1e3);
  std::string_view only;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument.starts_with("--only="))
      only = argument.substr(7);
    else
      measure(**engine, arguments[i], only);
  }
  return 0;
}

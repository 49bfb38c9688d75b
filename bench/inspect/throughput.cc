// How fast the detectors of the catalogue go over clean text: whole files, prompts of 1 KB and 32 KB, the
// same within requests in JSON, a stream in pieces of 64 bytes. Beside it, as limits, the first pass over the
// keywords alone, Vectorscan over the same keywords, and a plain count of one byte. Then what it must keep
// and whether it does.
//   inspect_throughput [--only=CONTENDER] FILE...
// Exit status: 0 all limits met, 1 one missed or not measured, 2 wrong call, 3 a file or the detectors could
// not be read.
#include <algorithm>
#include <array>
#include <ctime>
#include <deque>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>

#include "base/file.h"
#include "inspect/engine.h"
#include "inspect/stream.h"
#include "json/writer.h"

namespace {

using namespace ostiary;
// The processor's time of this thread: others at work on the machine count for less.
double now() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

constexpr int kRounds = 9;

// What a contender must keep for every file.
struct Limit {
  const char* contender;
  double least_mb_s;  // 0: judged by time
  double most_us;     // for `of` bytes
  double of;
};
constexpr std::array<Limit, 4> kLimits{{
    {"whole", 700, 0, 0},
    {"1 KB", 0, 3, 1024},
    {"32 KB", 0, 50, 32768},
    {"stream of 64 B", 200, 0, 0},
}};
constexpr double kMostReadyMs = 20;

class Verdict {
 public:
  void judge(std::string_view what, std::string_view file, std::string measured, std::string limit,
             bool met) {
    rows_.push_back(fmt::format("  {:<15} {:>12}   must be {:<16} {:<7} {}\n", what, measured, limit,
                                met ? "met" : "MISSED", file));
    all_met_ = all_met_ && met;
  }
  void judge(std::string_view contender, std::string_view file, double bytes, double seconds) {
    for (const auto& limit : kLimits) {
      if (contender != limit.contender) continue;
      ++judged_;
      const auto speed = bytes / seconds / 1e6, us = seconds * 1e6 / bytes * limit.of;
      if (limit.least_mb_s > 0)
        judge(contender, file, fmt::format("{:.0f} MB/s", speed),
              fmt::format("{:.0f} MB/s or more", limit.least_mb_s), speed >= limit.least_mb_s);
      else
        judge(contender, file, fmt::format("{:.2f} µs", us), fmt::format("under {:.0f} µs", limit.most_us),
              us < limit.most_us);
    }
  }
  // 0: each limit was measured for each of so many files, and is met.
  int tell(std::size_t files) const {
    fmt::print("\nlimits\n{}", fmt::join(rows_, ""));
    if (judged_ < files * kLimits.size()) fmt::print("  not all were measured\n");
    return all_met_ && files > 0 && judged_ == files * kLimits.size() ? 0 : 1;
  }

 private:
  std::vector<std::string> rows_;
  std::size_t judged_ = 0;
  bool all_met_ = true;
};

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

// As the gate looks at answers of which nothing is masked.
void stream_held_by_nobody(inspect::StreamInspecting& stream, std::shared_ptr<const std::vector<bool>> nobody,
                           std::string_view text, std::size_t size) {
  stream.begin(std::move(nobody));
  inspect::StreamInspecting::Span span;
  for (std::size_t at = 0; at < text.size(); at += size) {
    stream.feed(text.substr(at, size), at + size >= text.size());
    while (stream.next(span)) {
    }
  }
}

// Prompts of a text as requests that are read already, with the escapes of JSON.
struct Requests {
  Requests(std::string_view text, std::size_t size) {
    pieces(text, size, [this](std::string_view piece) {
      const auto& body = texts.emplace_back(
          fmt::format(R"({{"model":"m","messages":[{{"role":"user","content":{}}}]}})", json::quoted(piece)));
      if (auto read = json::Document::parse(body)) bodies.push_back(std::move(*read));
    });
  }
  std::deque<std::string> texts;
  std::vector<json::Document> bodies;
};

// All keywords for Vectorscan, wherever they stand.
inspect::Literals everywhere(const inspect::Keywords& keywords) {
  std::vector<inspect::Literals::Literal> literals;
  for (const auto& keyword : keywords.all()) literals.push_back({keyword.text, keyword.any_case});
  auto compiled = inspect::Literals::compile(literals);
  return compiled ? std::move(*compiled) : inspect::Literals();
}

void measure(const inspect::Engine& engine, const std::string& path, std::string_view text,
             std::string_view only, Verdict& verdict) {
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
  inspect::StreamInspecting streaming(engine);
  const auto nobody = std::make_shared<const std::vector<bool>>(of_secrets.size(), false);
  const Requests large(text, 32768), small(text, 1024);
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
      {"32 KB in JSON",
       [&] {
         for (const auto& body : large.bodies) inspecting.inspect(body);
       },
       {}},
      {"1 KB in JSON",
       [&] {
         for (const auto& body : small.bodies) inspecting.inspect(body);
       },
       {}},
      {"stream of 64 B", [&] { stream(scanner, text, 64); }, {}},
      {"... of secrets", [&] { stream(secrets, text, 64); }, {}},
      {"... of nobody", [&] { stream_held_by_nobody(streaming, nobody, text, 64); }, {}},
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
    verdict.judge(contender.name, path, static_cast<double>(text.size()), s);
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::string_view only;
  std::vector<std::string> paths;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument.starts_with("--only="))
      only = argument.substr(7);
    else
      paths.emplace_back(argument);
  }
  if (paths.empty())
    return fmt::print(stderr, "inspect_throughput [--only=CONTENDER] FILE...: name files of clean text\n"), 2;
  const auto begin = now();
  const auto engine = inspect::Engine::builtin();
  if (!engine) return fmt::print(stderr, "{}\n", engine.error().text()), 3;
  const auto ready_ms = (now() - begin) * 1e3;
  fmt::print("{} detectors and {} keywords ready in {:.1f} ms\n", (*engine)->detectors().detectors().size(),
             (*engine)->detectors().passes().front().keywords.all().size(), ready_ms);
  Verdict verdict;
  verdict.judge("ready", "", fmt::format("{:.1f} ms", ready_ms), fmt::format("under {:.0f} ms", kMostReadyMs),
                ready_ms < kMostReadyMs);
  for (const auto& path : paths) {
    const auto file = read_file(path);
    if (!file || file->empty())
      return fmt::print(stderr, "{}\n", file ? path + ": is empty" : file.error().text()), 3;
    measure(**engine, path, *file, only, verdict);
  }
  return verdict.tell(paths.size());
}

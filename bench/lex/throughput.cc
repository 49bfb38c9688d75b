// How fast each file is cut into tokens, whole and in pieces of 64 bytes. Beside it, as a limit, one plain
// pass that counts a byte.
//   lex_throughput FILE...
#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <vector>

#include "base/file.h"
#include "lex/lexer.h"

namespace {

using namespace ostiary;
using Clock = std::chrono::steady_clock;

template <class Run>
double median_seconds(Run&& run) {
  constexpr int rounds = 9;
  std::vector<double> all;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = Clock::now();
    run();
    all.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  std::ranges::sort(all);
  return all[all.size() / 2];
}

void measure(const std::string& path) {
  constexpr std::size_t piece = 64;
  const auto file = read_file(path);
  if (!file) return fmt::print(stderr, "{}\n", file.error().text());
  const std::string_view text = *file;
  const auto language = lex::language_of(path, text).value_or(lex::Language::generic);
  volatile std::size_t sink = 0;
  std::vector<lex::Token> tokens;
  const auto plain = median_seconds(
      [&] { sink = sink + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\1')); });
  const auto lexed = [&](std::size_t size) {
    return median_seconds([&] {
      lex::Lexer lexer(language);
      tokens.clear();
      for (std::size_t at = 0; at < text.size(); at += size) lexer.feed(text.substr(at, size), tokens);
      lexer.finish(tokens);
    });
  };
  const auto whole = lexed(text.size()), pieces = lexed(piece);
  const auto mb = static_cast<double>(text.size()) / 1e6;
  fmt::print("{}  {}  {:.1f} MB, {} tokens: {:.0f} MB/s ({:.3f} of a plain pass), in pieces {:.0f} MB/s\n",
             path, lex::name(language), mb, tokens.size(), mb / whole, plain / whole, mb / pieces);
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) measure(argv[i]);
  return argc > 1 ? 0 : 2;
}

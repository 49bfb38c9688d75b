#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "files/ignore.h"

// One pattern and one path: the automaton says what a plain backtracking reading of gitignore(5) says.
namespace {

using ostiary::files::IgnorePattern;
using ostiary::files::IgnoreRules;

// Where the set that begins at `at` ends, behind its ']'; npos: it never does. `taken`: whether it takes `c`.
std::size_t read_set(std::string_view pattern, std::size_t at, unsigned char c, bool& taken) {
  const auto none = std::string_view::npos;
  const bool negated = at + 1 < pattern.size() && (pattern[at + 1] == '!' || pattern[at + 1] == '^');
  std::size_t i = at + (negated ? 2 : 1);
  const auto first = i;
  int previous = -1;
  for (taken = false;; ++i) {
    if (i >= pattern.size()) return none;
    auto now = static_cast<unsigned char>(pattern[i]);
    if (now == ']' && i > first) break;
    if (now == '-' && previous >= 0 && i + 1 < pattern.size() && pattern[i + 1] != ']') {
      if (pattern[++i] == '\\' && ++i >= pattern.size()) return none;
      taken = taken || (c >= previous && c <= static_cast<unsigned char>(pattern[i]));
      previous = -1;
      continue;
    }
    if (now == '\\') {
      if (++i >= pattern.size()) return none;
      now = static_cast<unsigned char>(pattern[i]);
    }
    taken = taken || now == c;
    previous = now;
  }
  taken = taken != negated && c != '/';
  return i + 1;
}

// `start`: where the pattern's part behind its literal beginning stands, which counts as a component's start.
bool plain(std::string_view pattern, std::size_t at, std::string_view text, std::size_t start, bool names) {
  if (at == pattern.size()) return text.empty();
  const char p = pattern[at];
  if (p == '*') {
    auto end = std::min(pattern.find_first_not_of('*', at), pattern.size());
    const auto rest = pattern.substr(end);
    const bool component = !names && end - at > 1 && (at == start || pattern[at - 1] == '/') &&
                           (rest.empty() || rest[0] == '/' || rest.starts_with("\\/"));
    if (component && rest.starts_with('/') && plain(pattern, end + 1, text, start, names)) return true;
    for (std::size_t taken = 0;; ++taken) {
      if (plain(pattern, end, text.substr(taken), start, names)) return true;
      if (taken == text.size() || (text[taken] == '/' && !component)) return false;
    }
  }
  if (text.empty()) return false;
  if (p == '?') return text[0] != '/' && plain(pattern, at + 1, text.substr(1), start, names);
  if (p == '[') {
    bool taken = false;
    const auto end = read_set(pattern, at, static_cast<unsigned char>(text[0]), taken);
    return end != std::string_view::npos && taken && plain(pattern, end, text.substr(1), start, names);
  }
  if (p == '\\' && ++at == pattern.size()) return false;
  return pattern[at] == text[0] && plain(pattern, at + 1, text.substr(1), start, names);
}

void compare(std::string_view pattern, std::string_view path) {
  // Those that the plain reading leaves out: what trims, turns or names a class.
  if (pattern.empty() || pattern.size() > 24 || path.size() > 24 || pattern.contains("[:")) return;
  if (pattern.find_first_of(std::string_view("\0\r\n ", 4)) != std::string_view::npos) return;
  if (pattern[0] == '#' || pattern[0] == '!' || pattern.ends_with('/')) return;
  if (path.empty() || path.contains('\0')) return;
  const auto slash = path.rfind('/');
  const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const bool names = !pattern.contains('/');
  auto body = pattern;
  if (body[0] == '/') body.remove_prefix(1);
  const auto start = std::min(body.find_first_of("*?[\\"), body.size());
  const bool expected = !body.empty() && plain(body, 0, names ? name : path, start, names);
  if (IgnorePattern(pattern).matches(path, name, false) != expected) std::abort();
}

}  // namespace

// The rules, a NUL, the path.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\0'), input.size());
  const auto rules = input.substr(0, end), path = input.substr(std::min(end + 1, input.size()));
  const auto parsed = IgnoreRules::parse(rules);
  const auto verdict = parsed.look(path, true);
  if (parsed.empty() && verdict != IgnoreRules::Verdict::none) std::abort();
  if (IgnoreRules::parse(std::string(rules) + "\n").look(path, true) != verdict) std::abort();
  compare(rules.substr(0, rules.find('\n')), path);
  return 0;
}

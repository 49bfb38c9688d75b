#include "files/ignore.h"

#include <algorithm>
#include <ranges>

namespace ostiary::files {

namespace {

constexpr std::string_view kSpecial = "*?[\\";

bool ascii_in(unsigned char c, unsigned char low, unsigned char high) {
  return c >= low && c <= high;
}

// The classes of wildmatch, which are those of ASCII; its blanks are git's own: no form feed, no vertical
// tab.
bool in_class(std::string_view name, unsigned char c, bool& known) {
  const bool lower = ascii_in(c, 'a', 'z'), upper = ascii_in(c, 'A', 'Z'), digit = ascii_in(c, '0', '9');
  const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r', print = ascii_in(c, 0x20, 0x7e);
  const bool word = lower || upper || digit;
  known = true;
  if (name == "alnum") return word;
  if (name == "alpha") return lower || upper;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return c < 0x20 || c == 0x7f;
  if (name == "digit") return digit;
  if (name == "graph") return print && !space;
  if (name == "lower") return lower;
  if (name == "print") return print;
  if (name == "punct") return print && !word && !space;
  if (name == "space") return space;
  if (name == "upper") return upper;
  if (name == "xdigit") return digit || ascii_in(c, 'a', 'f') || ascii_in(c, 'A', 'F');
  return known = false;
}

// Blanks at a line's end do not count, but for one behind a backslash.
std::string_view without_blanks(std::string_view line) {
  std::size_t end = line.size(), blanks = line.size();
  bool in_blanks = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') {
      if (!in_blanks) blanks = i;
      in_blanks = true;
      continue;
    }
    in_blanks = false;
    if (line[i] != '\\') continue;
    if (++i == line.size()) return line;
  }
  if (in_blanks) end = blanks;
  return line.substr(0, end);
}

}  // namespace

IgnorePattern::IgnorePattern(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with('#')) return;
  line = without_blanks(line.substr(0, line.find('\0')));
  if (line.starts_with('!')) negated_ = true, line.remove_prefix(1);
  if (line.ends_with('/')) folders_only_ = true, line.remove_suffix(1);
  if (line.empty()) return;
  by_name_ = !line.contains('/');
  if (line.starts_with('/')) line.remove_prefix(1);
  const auto literal = std::min(line.find_first_of(kSpecial), line.size());
  prefix_ = line.substr(0, literal);
  never_ = !read_steps(line.substr(literal)) || (prefix_.empty() && steps_.empty());
}

// False: it can never match.
bool IgnorePattern::read_steps(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '*') {
      read_stars(text, at);
    } else if (c == '?') {
      steps_.push_back({.kind = Step::Kind::any}), ++at;
    } else if (c == '[') {
      if (!read_set(text, at)) return false;
    } else if (c == '\\') {
      if (at + 1 == text.size()) return false;
      steps_.push_back({.kind = Step::Kind::byte, .byte = static_cast<unsigned char>(text[at + 1])}), at += 2;
    } else {
      steps_.push_back({.kind = Step::Kind::byte, .byte = c}), ++at;
    }
  }
  return true;
}

// Two asterisks or more cross folders where they are a whole component; git takes what follows the literal
// beginning of a pattern for a component's beginning too.
void IgnorePattern::read_stars(std::string_view text, std::size_t& at) {
  const auto begin = at;
  at = std::min(text.find_first_not_of('*', at), text.size());
  const bool opens = begin == 0 || text[begin - 1] == '/';
  const auto rest = text.substr(at);
  const bool closes = rest.empty() || rest.starts_with('/') || rest.starts_with("\\/");
  if (by_name_ || at - begin < 2 || !opens || !closes) {
    steps_.push_back({.kind = Step::Kind::star});
  } else if (rest.starts_with('/')) {
    steps_.push_back({.kind = Step::Kind::folders}), ++at;
  } else {
    steps_.push_back({.kind = Step::Kind::stars});
  }
}

bool IgnorePattern::read_set(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  std::bitset<256> set;
  ++at;
  const bool negated = byte(at) == '!' || byte(at) == '^';
  if (negated) ++at;
  int previous = 0;
  for (bool first = true; first || byte(at) != ']'; first = false, ++at) {
    auto c = byte(at);
    if (c == 0) return false;
    if (c == '\\') {
      c = byte(++at);
      if (c == 0) return false;
      set.set(c);
      previous = c;
    } else if (c == '-' && previous != 0 && byte(at + 1) != 0 && byte(at + 1) != ']') {
      c = byte(++at);
      if (c == '\\') c = byte(++at);
      if (c == 0) return false;
      for (int i = previous; i <= c; ++i) set.set(static_cast<std::size_t>(i));
      previous = 0;
    } else if (c == '[' && byte(at + 1) == ':') {
      const auto end = text.find(']', at + 2);
      if (end == std::string_view::npos) return false;
      previous = '[';
      if (end == at + 2 || text[end - 1] != ':') {  // no class: a bracket like any other byte
        set.set('[');
        continue;
      }
      const auto name = text.substr(at + 2, end - at - 3);
      bool known = false;
      for (int i = 0; i < 256; ++i)
        if (in_class(name, static_cast<unsigned char>(i), known)) set.set(static_cast<std::size_t>(i));
      if (!known) return false;
      previous = 0;
      at = end;
    } else {
      set.set(c);
      previous = c;
    }
  }
  ++at;
  if (negated) set.flip();
  set.reset('/');
  steps_.push_back({.kind = Step::Kind::set, .set = static_cast<std::uint32_t>(sets_.size())});
  sets_.push_back(set);
  return true;
}

bool IgnorePattern::takes(const Step& step, unsigned char c) const {
  switch (step.kind) {
    case Step::Kind::byte:
      return c == step.byte;
    case Step::Kind::set:
      return sets_[step.set].test(c);
    case Step::Kind::any:
    case Step::Kind::star:
      return c != '/';
    case Step::Kind::stars:
    case Step::Kind::folders:
      return true;
  }
  return false;
}

// The automaton: state i is "the next step is i". A star's state stays on each byte that it takes and goes on
// for nothing; that of `**/` goes on for nothing where it is entered, later only behind a slash.
bool IgnorePattern::run(std::string_view text) const {
  const auto count = steps_.size();
  std::vector<char> now(count + 1), next(count + 1);
  const auto enter = [&](std::vector<char>& states, std::size_t i) {
    for (; !states[i]; ++i) {
      states[i] = 1;
      if (i == count || steps_[i].kind < Step::Kind::star) return;
    }
  };
  enter(now, 0);
  for (const char raw : text) {
    const auto c = static_cast<unsigned char>(raw);
    std::ranges::fill(next, 0);
    bool alive = false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!now[i] || !takes(steps_[i], c)) continue;
      alive = true;
      const auto kind = steps_[i].kind;
      if (kind < Step::Kind::star) enter(next, i + 1);
      if (kind == Step::Kind::folders) {
        if (c == '/') enter(next, i);
        next[i] = 1;
      }
      if (kind == Step::Kind::star || kind == Step::Kind::stars) enter(next, i);
    }
    if (!alive) return false;
    now.swap(next);
  }
  return now[count] != 0;
}

bool IgnorePattern::matches(std::string_view path, std::string_view name, bool folder) const {
  if (never_ || (folders_only_ && !folder)) return false;
  const auto text = by_name_ ? name : path;
  if (!text.starts_with(prefix_)) return false;
  const auto rest = text.substr(prefix_.size());
  if (steps_.empty()) return rest.empty();
  if (steps_.size() == 1 && steps_[0].kind == Step::Kind::star) return !rest.contains('/');
  if (by_name_ && steps_[0].kind == Step::Kind::star &&
      std::ranges::all_of(steps_.begin() + 1, steps_.end(),
                          [](auto& s) { return s.kind == Step::Kind::byte; })) {
    const auto tail = steps_.size() - 1;
    return rest.size() >= tail &&
           std::ranges::equal(steps_.begin() + 1, steps_.end(), rest.end() - tail, rest.end(),
                              [](const Step& s, char c) { return s.byte == static_cast<unsigned char>(c); });
  }
  return run(rest);
}

IgnoreRules IgnoreRules::parse(std::string_view text) {
  IgnoreRules rules;
  if (text.size() > kMostBytes) text = text.substr(0, kMostBytes), rules.cut_ = true;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.size() > kLongestPattern || rules.patterns_.size() == kMostRules) {
      rules.cut_ = rules.cut_ || !line.empty();
      continue;
    }
    IgnorePattern pattern(line);
    if (!pattern.empty()) rules.patterns_.push_back(std::move(pattern));
  }
  return rules;
}

IgnoreRules::Verdict IgnoreRules::look(std::string_view path, bool folder) const {
  const auto slash = path.rfind('/');
  const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  for (const auto& pattern : patterns_ | std::views::reverse)
    if (pattern.matches(path, name, folder)) return pattern.negated() ? Verdict::included : Verdict::ignored;
  return Verdict::none;
}

}  // namespace ostiary::files

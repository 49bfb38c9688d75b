#include "lex/fingerprint.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "lex/lexer.h"

namespace ostiary::lex {

namespace {

std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ULL;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ULL;
  return x ^ (x >> 32);
}

// Of an odd number, modulo 2^64: each of Newton's steps doubles the bits that are right.
std::uint64_t inverse_of(std::uint64_t odd) {
  auto x = odd;
  for (int i = 0; i < 6; ++i) x *= 2 - odd * x;
  return x;
}

bool imports(std::string_view word) {
  constexpr std::array words = std::to_array<std::string_view>(
      {"from", "import", "include", "package", "require", "require_once", "use", "using"});
  return std::ranges::binary_search(words, word);
}

// Keywords of some languages that are names in others. Taken for names everywhere: in a language where one is
// a keyword it is never renamed.
bool names_too(std::string_view word) {
  constexpr std::array words = std::to_array<std::string_view>(
      {"begin",     "end",     "fn",       "func", "impl",  "local", "match", "module",
       "namespace", "package", "template", "then", "trait", "type",  "union", "unless",
       "until",     "use",     "using",    "val",  "when",  "where"});
  return std::ranges::binary_search(words, word);
}

bool counts(const Token& token, char first) {
  return token.kind != Kind::comment && first != ';' && first != '`';
}

// Of items taken in turn: whether the last kWindow of them repeat what is at most half of that.
class Repeats {
 public:
  bool take(const Item& item) {
    const auto alike = item.kind == Kind::identifier ? 0 : item.symbol;
    bool out = false;
    for (std::size_t back = 1; back < runs_.size(); ++back) {
      auto& run = runs_[back];
      run = alike == last_[(at_ - back) % last_.size()] ? run + 1 : 0;
      out = out || run + back >= Fingerprints::kWindow;
    }
    last_[at_++ % last_.size()] = alike;
    return out;
  }

 private:
  std::array<std::uint64_t, 16> last_{};
  std::array<std::size_t, Fingerprints::kWindow / 2 + 1> runs_{};  // by how far back the like ones stand
  std::size_t at_ = 16;
};

}  // namespace

Fingerprints::Fingerprints(const Key256& key) {
  std::array<std::uint64_t, 4> parts{};
  std::memcpy(parts.data(), key.data(), key.size());
  seed_ = mixed(parts[0] + 1);
  base_ = parts[1] | 1;
  inverse_ = inverse_of(base_);
  last_ = parts[2];
  word_ = parts[3];
}

std::uint64_t Fingerprints::hash(std::string_view bytes) const {
  auto out = seed_ ^ bytes.size();
  while (bytes.size() >= 8) {
    std::uint64_t part = 0;
    std::memcpy(&part, bytes.data(), sizeof part);
    out = (out ^ part) * 0x9fb21c651e98df25ULL;
    out ^= out >> 29;
    bytes.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, bytes.data(), bytes.size());
  return mixed(out ^ rest);
}

std::uint64_t Fingerprints::symbol_of(std::uint32_t distance) const {
  return mixed(word_ + distance);
}

// Where each identifier stands again.
void Fingerprints::link(std::vector<Item>& items) const {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].kind != Kind::identifier) continue;
    for (std::size_t back = 1; back < kWindow && back <= i; ++back) {
      auto& before = items[i - back];
      if (before.exact != items[i].exact || before.kind != Kind::identifier) continue;
      items[i].previous = before.next = static_cast<std::uint32_t>(back);
      break;
    }
  }
}

std::vector<Item> Fingerprints::items(std::string_view text) const {
  const auto tokens = tokens_of(text);
  std::vector<Item> out;
  out.reserve(tokens.size());
  const auto any_string = hash("\""), any_number = hash("0");
  std::uint32_t line = 1;
  std::uint64_t known = 0;
  bool importing = false, hash_mark = false;
  for (std::size_t n = 0; n < tokens.size(); ++n) {
    const auto& token = tokens[n];
    const auto lines = std::count(text.begin() + static_cast<std::ptrdiff_t>(known),
                                  text.begin() + static_cast<std::ptrdiff_t>(token.start), '\n');
    known = token.start;
    line += static_cast<std::uint32_t>(lines);
    const auto bytes = text.substr(token.start, token.end - token.start);
    if (!counts(token, bytes[0])) continue;
    // `#include` and `import` at the beginning of a line.
    const bool first = lines > 0 || n == 0;
    if (first) importing = false;
    if ((first || hash_mark) && imports(bytes)) {
      importing = true;
      if (hash_mark) out.pop_back();
    }
    hash_mark = first && bytes == "#";
    if (importing) continue;
    Item item{
        .exact = 0, .symbol = 0, .line = line, .kind = token.kind, .start = token.start, .end = token.end};
    const bool text_of_string = token.kind == Kind::string && bytes.size() >= 2;
    item.exact = item.symbol = hash(text_of_string ? bytes.substr(1, bytes.size() - 2) : bytes);
    if (token.kind == Kind::keyword && names_too(bytes)) item.kind = Kind::identifier;
    if (token.kind == Kind::string) item.symbol = any_string;
    if (token.kind == Kind::number) item.symbol = any_number;
    out.push_back(item);
  }
  link(out);
  return out;
}

// A window that moves on: polynomials in base_ of which the lowest power is that of the first item.
struct Fingerprints::Rolling {
  Rolling(const Fingerprints& of, std::span<const Item> items) : of(of), items(items) {
    powers[0] = 1;
    for (std::size_t i = 1; i <= kWindow; ++i) powers[i] = powers[i - 1] * of.base_;
    for (std::uint32_t i = 0; i < kWindow; ++i) symbols[i] = of.symbol_of(i);
    for (std::size_t i = 0; i < kWindow; ++i) add(i, 0);
  }
  // Item `at` of a window that begins at `first`, behind its others.
  void add(std::size_t at, std::size_t first) {
    const auto& item = items[at];
    auto symbol = item.symbol;
    if (item.kind == Kind::identifier)
      symbol = symbols[item.previous > 0 && at - item.previous >= first ? item.previous : 0];
    renamed += symbol * powers[at - first];
    exact += item.exact * powers[at - first];
  }
  void drop(std::size_t first) {
    const auto& item = items[first];
    const bool word = item.kind == Kind::identifier;
    renamed -= word ? symbols[0] : item.symbol;
    exact -= item.exact;
    if (word && item.next > 0) renamed += (symbols[0] - symbols[item.next]) * powers[item.next];
    renamed *= of.inverse_;
    exact *= of.inverse_;
  }
  // Enough that differs, and neither names nor marks alone.
  bool telling(std::size_t first) const {
    constexpr int least_symbols = 9;
    constexpr std::size_t least_marks = 4, least_words = 5;
    std::uint64_t seen = 0;
    std::size_t marks = 0, words = 0;
    for (std::size_t i = first; i < first + kWindow; ++i) {
      const auto& item = items[i];
      seen |= 1ULL << (mixed(item.kind == Kind::identifier ? item.exact : item.symbol) >> 58);
      marks += item.kind == Kind::punctuation ? 1 : 0;
      words += item.kind == Kind::identifier || item.kind == Kind::keyword ? 1 : 0;
    }
    return std::popcount(seen) >= least_symbols && marks >= least_marks && words >= least_words;
  }

  const Fingerprints& of;
  std::span<const Item> items;
  std::array<std::uint64_t, kWindow + 1> powers{};
  std::array<std::uint64_t, kWindow> symbols{};
  std::uint64_t renamed = 0, exact = 0;
};

std::vector<Window> Fingerprints::windows(std::span<const Item> items) const {
  std::vector<Window> out;
  if (items.size() < kWindow) return out;
  Rolling rolling(*this, items);
  Repeats repeats;
  for (const auto& item : items.first(kWindow - 1)) repeats.take(item);
  out.reserve(items.size() - kWindow + 1);
  for (std::size_t first = 0;; ++first) {
    out.push_back({mixed(rolling.renamed ^ last_),
                   static_cast<std::uint32_t>(mixed(rolling.exact ^ last_) >> 32),
                   static_cast<std::uint32_t>(first), rolling.telling(first),
                   repeats.take(items[first + kWindow - 1])});
    if (first + kWindow == items.size()) return out;
    rolling.drop(first);
    rolling.add(first + kWindow, first + 1);
  }
}

std::vector<std::uint32_t> winnowed(std::span<const Window> windows, std::size_t width) {
  std::vector<std::uint32_t> kept, rising;  // `rising`: candidates, hashes ascending
  std::size_t head = 0;
  for (std::uint32_t i = 0; i < windows.size(); ++i) {
    while (rising.size() > head && windows[rising.back()].renamed >= windows[i].renamed) rising.pop_back();
    rising.push_back(i);
    if (i + 1 < width && i + 1 < windows.size()) continue;
    while (rising[head] + width <= i) ++head;
    if (kept.empty() || kept.back() != rising[head]) kept.push_back(rising[head]);
  }
  return kept;
}

}  // namespace ostiary::lex

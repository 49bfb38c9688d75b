#include "scan/impl/word_finder.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/text.h"

namespace ostiary::scan {

namespace {

// What find() stands on is compiled twice, for processors of the last ten years and for all others.
#if defined(__x86_64__)
#define OSTIARY_SCAN_FAST [[gnu::target("avx2,bmi,bmi2,lzcnt,popcnt")]]
#else
#define OSTIARY_SCAN_FAST
#endif
#define OSTIARY_SCAN_BOTH [[gnu::always_inline]] inline

constexpr std::size_t kBlock = 64;                // bytes
constexpr std::size_t kWord = 8, kBeginning = 4;  // bytes of a key
constexpr std::uint64_t kFold = 0x2020202020202020;
constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
constexpr unsigned kCellBits = 13;

OSTIARY_SCAN_BOTH std::uint32_t cell_of(std::uint64_t key) {
  return static_cast<std::uint32_t>((key * kFactor) >> (64 - kCellBits));
}

// The first `size` of eight bytes, letters in lower case, at the upper end; `size` is 1 to 8.
OSTIARY_SCAN_BOTH std::uint64_t word_key(std::uint64_t bytes, std::size_t size) {
  return (bytes | kFold) << (64 - 8 * size);
}
OSTIARY_SCAN_BOTH std::uint64_t beginning_key(std::uint64_t bytes) {
  return word_key(bytes, kBeginning);
}

std::uint64_t first_bytes(std::string_view text) {
  std::uint64_t out = 0;
  std::memcpy(&out, text.data(), std::min(text.size(), kWord));
  return out;
}

// What the bytes of a block are; bit i is byte i.
struct Block {
  std::uint64_t lower = 0, upper = 0, digits = 0, lines = 0, backslashes = 0;  // lines: `_`
  std::uint64_t letters() const { return lower | upper; }
  std::uint64_t parts() const { return lower | upper | digits; }
  std::uint64_t words() const { return parts() | lines; }
};

#if defined(__SSE2__)

OSTIARY_SCAN_BOTH Block block_of(const char* bytes) {
  std::uint64_t letters = 0, small = 0;
  Block out;
  // Signed comparison: bytes of 0x80 and more are below all of ASCII.
  const auto between = [](__m128i v, char low, char high) {
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(static_cast<char>(low - 1))),
                         _mm_cmplt_epi8(v, _mm_set1_epi8(static_cast<char>(high + 1))));
  };
  for (unsigned i = 0; i < kBlock / 16; ++i) {
    const auto v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * i));
    const auto put = [i](std::uint64_t& mask, __m128i bits) {
      mask |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(bits))) << (16 * i);
    };
    put(letters, between(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 'z'));
    put(small, _mm_slli_epi16(v, 2));  // the bit that tells small letters from capitals
    put(out.digits, between(v, '0', '9'));
    put(out.lines, _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
    put(out.backslashes, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
  }
  out.lower = letters & small;
  out.upper = letters & ~small;
  return out;
}

#else

OSTIARY_SCAN_BOTH Block block_of(const char* bytes) {
  Block out;
  for (unsigned i = 0; i < kBlock; ++i) {
    const char c = bytes[i];
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (c >= 'a' && c <= 'z') out.lower |= bit;
    if (c >= 'A' && c <= 'Z') out.upper |= bit;
    if (c >= '0' && c <= '9') out.digits |= bit;
    if (c == '_') out.lines |= bit;
    if (c == '\\') out.backslashes |= bit;
  }
  return out;
}

#endif

OSTIARY_SCAN_BOTH std::uint64_t behind(std::uint64_t now, std::uint64_t before, unsigned n = 1) {
  return now << n | before >> (64 - n);
}
// What stands behind the block's end is taken for letters.
OSTIARY_SCAN_BOTH std::uint64_t ahead(std::uint64_t now, unsigned n) {
  return now >> n | ~(~std::uint64_t{0} >> n);
}

// Where a word or a part of one begins.
OSTIARY_SCAN_BOTH std::uint64_t starts_of(const Block& b, const Block& before) {
  const auto letters = b.letters(), parts = b.parts(), words = b.words();
  const auto upper_before_lower = b.upper & ahead(b.lower, 1);
  const auto name_behind_digit =
      letters & behind(b.digits, before.digits) & ahead(letters, 1) & ahead(letters, 2) & ahead(letters, 3);
  const auto starts = (words & ~behind(words, before.words())) | (parts & ~behind(parts, before.parts())) |
                      (b.upper & behind(b.lower, before.lower)) |
                      (upper_before_lower & behind(b.upper, before.upper)) | name_behind_digit |
                      (parts & behind(b.backslashes, before.backslashes, 2));
  return starts & ahead(words, 1);  // of one byte no text is looked for
}

// A run of 24 letters and digits within the block, as one of 48 leaves in one of the blocks that it touches.
OSTIARY_SCAN_BOTH bool has_long_word(std::uint64_t parts) {
  for (const unsigned n : {1U, 2U, 4U, 8U, 8U}) parts &= parts >> n;
  return parts != 0;
}

// Words of programs, whatever these do.
constexpr auto kCommon = std::to_array<std::string_view>(
    {"api",     "apache",   "amazonaws", "author", "client",   "code",     "com",    "common",
     "control", "dev",      "docker",    "exec",   "from",     "function", "github", "google",
     "group",   "platform", "endpoints", "start",  "endpoint", "max",      "http",   "https",
     "import",  "index",    "key",       "net",    "node",     "open",     "org",    "python",
     "run",     "server",   "using",     "with",   "by",       "as"});

// How often each word stands in the texts, letters in lower case: one that does often is a common one.
using Counts = std::unordered_map<std::string, unsigned>;

template <class Take>
void each_word(std::string_view text, Take&& take) {
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_word_byte(text[end])) ++end;
    if (end > at) take(at, end - at);
    at = end + 1;
  }
}

// How well a word tells the text apart from others.
int worth(std::string_view word, bool whole, const Counts& counts) {
  const auto small = text::lower(word);
  const auto known = counts.find(small);
  const auto often = known == counts.end() ? 1U : known->second;
  const auto size = static_cast<int>(std::min(word.size(), kWord));
  return 2 * size + (whole ? 4 : 0) - (size < 2 ? 20 : 0) - (!whole && size < 4 ? 10 : 0) -
         (std::ranges::find(kCommon, small) != kCommon.end() ? 10 : 0) - std::bit_width(often);
}

struct Anchor {
  std::size_t at = 0, size = 0;
  bool whole = false;  // the word ends where it does in the text
};

std::optional<Anchor> anchor_of(const WordFinder::Text& text, const Counts& counts) {
  const std::string_view all = text.text;
  std::optional<Anchor> best;
  int most = 0;
  each_word(all, [&](std::size_t at, std::size_t size) {
    const Anchor anchor{at, size, at + size < all.size() || !text.open_back};
    const auto value = worth(all.substr(at, size), anchor.whole, counts);
    if (!best || value > most) most = value, best = anchor;
  });
  return best;
}

}  // namespace

// Some blocks of a text, with places in it.
struct WordFinder::Window {
  static constexpr std::size_t kBlocks = 16;
  static constexpr std::size_t kSize = kBlocks * kBlock;
  std::string_view bytes;      // the whole text
  std::size_t from = 0;        // of the window
  const char* data = nullptr;  // from there on, kSize + 2 * kBlock bytes
  std::array<char, kSize + 2 * kBlock> own;
  Block before;
  std::array<std::uint64_t, kBlocks + 1> words;
  std::array<std::uint32_t, kSize + 8> starts, likely;
  std::size_t count = 0;
  std::uint32_t long_words = 0;  // bit i: of block i

  // Cuts the window's bytes into words.
  OSTIARY_SCAN_BOTH void read() {
    const auto left = bytes.size() - from;
    data = bytes.data() + from;
    if (left < own.size()) {
      own.fill('\0');
      std::memcpy(own.data(), data, left);
      data = own.data();
    }
    auto* out = starts.data();
    const auto blocks = std::min(kBlocks, (left + kBlock - 1) / kBlock);
    long_words = 0;
    for (std::size_t i = 0; i < blocks; ++i) {
      const auto block = block_of(data + i * kBlock);
      words[i] = block.words();
      long_words |= static_cast<std::uint32_t>(has_long_word(block.parts())) << i;
      out = put(starts_of(block, before), static_cast<std::uint32_t>(i * kBlock), out);
      before = block;
    }
    words[blocks] = block_of(data + blocks * kBlock).words();
    count = static_cast<std::size_t>(out - starts.data());
  }
  // Eight at a time whether there are as many or not, which costs less than asking for each.
  OSTIARY_SCAN_BOTH static std::uint32_t* put(std::uint64_t bits, std::uint32_t base, std::uint32_t* out) {
    auto* const end = out + std::popcount(bits);
    for (; bits != 0; out += 8) {
#pragma clang loop unroll(disable) vectorize(disable)
      for (unsigned i = 0; i < 8; ++i) {
        out[i] = base + static_cast<std::uint32_t>(std::countr_zero(bits));
        bits &= bits - 1;
      }
    }
    return end;
  }
  // Bytes of the word from there on, at most eight.
  OSTIARY_SCAN_BOTH std::size_t size_at(std::uint32_t at) const {
    std::uint16_t bits = 0;
    std::memcpy(&bits, reinterpret_cast<const char*>(words.data()) + at / 8, sizeof bits);
    return static_cast<std::size_t>(std::countr_zero((~static_cast<std::uint32_t>(bits) >> at % 8) | 0x100U));
  }
  OSTIARY_SCAN_BOTH std::uint64_t bytes_at(std::uint32_t at) const {
    std::uint64_t out = 0;
    std::memcpy(&out, data + at, kWord);
    return out;
  }
};

void WordFinder::Table::prepare(unsigned bits) {
  shift = 64 - bits;
  std::ranges::sort(entries, {}, [](const Entry& e) { return std::tuple(cell_of(e.key), e.text, e.key); });
  cells.assign((std::size_t{1} << kCellBits) + 1, 0);
  known.assign((std::size_t{1} << bits) / 64, 0);
  for (const auto& entry : entries) {
    ++cells[cell_of(entry.key) + 1U];
    const auto hash = entry.key * kFactor >> shift;
    known[hash / 64] |= std::uint64_t{1} << hash % 64;
  }
  for (std::size_t i = 1; i < cells.size(); ++i) cells[i] += cells[i - 1];
}

// 1: an entry may have the key; 0: none has.
OSTIARY_SCAN_BOTH std::uint64_t WordFinder::Table::may_have(std::uint64_t key) const {
  const auto hash = key * kFactor >> shift;
  return known[hash / 64] >> hash % 64 & 1;
}

WordFinder::WordFinder(const std::vector<Text>& texts) {
  Counts counts;
  for (const auto& one : texts)
    each_word(one.text, [&](std::size_t at, std::size_t size) {
      ++counts[text::lower(std::string_view(one.text).substr(at, size))];
    });
  for (std::uint32_t i = 0; i < texts.size(); ++i) {
    sizes_.push_back(static_cast<std::uint32_t>(texts[i].text.size()));
    if (texts[i].in_long_words)
      in_long_.emplace_back(texts[i].text, i);
    else if (const auto anchor = anchor_of(texts[i], counts))
      add(i, texts[i].text, anchor->at, anchor->size, anchor->whole);
  }
  words_.prepare(18);
  beginnings_.prepare(16);
}

void WordFinder::add(std::uint32_t number, std::string_view text, std::size_t at, std::size_t size,
                     bool whole) {
  const auto rest = text.substr(at);
  Entry entry{.key = word_key(first_bytes(rest), std::min(size, kWord)),
              .text = number,
              .before = static_cast<std::uint32_t>(at)};
  // So few bytes only as a whole word.
  if (whole || size >= kWord || size < 3) return words_.entries.push_back(entry);
  const auto known = std::min(rest.size(), kBeginning);
  std::vector<std::uint64_t> keys{first_bytes(rest.substr(0, known))};
  // Whatever follows what is shorter than the key.
  for (auto size = known; size < kBeginning; ++size)
    for (auto few = std::exchange(keys, {}); const auto key : few)
      for (std::uint64_t c = 0; c < 256; ++c)
        if ((c & 0x20) != 0) keys.push_back(key | c << (8 * size));
  for (const auto key : keys) {
    entry.key = beginning_key(key);
    beginnings_.entries.push_back(entry);
  }
}

// Fills `likely` with the places where a text may begin; how many there are. Without a branch: whether one
// passes cannot be foreseen.
OSTIARY_SCAN_BOTH std::size_t WordFinder::pick(Window& window) const {
  std::size_t likely = 0;
  for (const auto at : std::span(window.starts).first(window.count)) {
    const auto bytes = window.bytes_at(at);
    window.likely[likely] = at;
    likely +=
        words_.may_have(word_key(bytes, window.size_at(at))) | beginnings_.may_have(beginning_key(bytes));
  }
  return likely;
}

OSTIARY_SCAN_BOTH bool WordFinder::look(const Window& window, std::size_t likely, std::size_t size,
                                        const Take& take) const {
  const auto look_in = [&](const Table& table, std::uint64_t key, std::size_t at) {
    const auto cell = cell_of(key);
    for (auto i = table.cells[cell]; i < table.cells[cell + 1U]; ++i) {
      const auto& entry = table.entries[i];
      if (entry.key != key || at < entry.before || size - (at - entry.before) < sizes_[entry.text]) continue;
      if (take(entry.text, at - entry.before)) return true;
    }
    return false;
  };
  for (const auto at : std::span(window.likely).first(likely)) {
    const auto bytes = window.bytes_at(at);
    if (look_in(words_, word_key(bytes, window.size_at(at)), window.from + at) ||
        look_in(beginnings_, beginning_key(bytes), window.from + at))
      return true;
  }
  return false;
}

bool WordFinder::look_in_long(std::string_view bytes, std::size_t from, std::size_t to,
                              const Take& take) const {
  from -= std::min(from, 2 * kBlock);
  const auto part = bytes.substr(from, to + 2 * kBlock - from);
  for (const auto& [text, number] : in_long_)
    for (auto at = part.find(text); at != std::string_view::npos; at = part.find(text, at + 1))
      if (take(number, from + at)) return true;
  return false;
}

OSTIARY_SCAN_BOTH bool WordFinder::run(std::string_view bytes, const Take& take) const {
  Window window;
  window.bytes = bytes;
  for (; window.from < bytes.size(); window.from += Window::kSize) {
    window.read();
    if (look(window, pick(window), bytes.size(), take)) return true;
    for (auto rest = window.long_words; rest != 0; rest &= rest - 1) {
      const auto at = window.from + kBlock * static_cast<std::size_t>(std::countr_zero(rest));
      if (look_in_long(bytes, at, at + kBlock, take)) return true;
    }
  }
  return false;
}

OSTIARY_SCAN_FAST bool WordFinder::find_fast(std::string_view bytes, const Take& take) const {
  return run(bytes, take);
}

bool WordFinder::find(std::string_view bytes, const Take& take) const {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
  if (fast) return find_fast(bytes, take);
#endif
  return run(bytes, take);
}

}  // namespace ostiary::scan

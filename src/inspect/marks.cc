#include "inspect/impl/marks.h"

#include <algorithm>
#include <bit>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ostiary::inspect {

namespace {

constexpr std::size_t kBlock = 64;

enum : std::uint8_t { kDigit = 1, kBase64 = 2, kHex = 4, kWord = 8, kSeparator = 16 };

constexpr auto kKinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (digit) kinds[c] |= kDigit;
    if (digit || letter || c == '+' || c == '/' || c == '-' || c == '_') kinds[c] |= kBase64;
    if (hex) kinds[c] |= kHex;
    if (digit || letter || c == '_' || c >= 0x80) kinds[c] |= kWord;
    if (c == ' ' || c == '.' || c == '-' || c == '/') kinds[c] |= kSeparator;
  }
  return kinds;
}();

bool is(char c, std::uint8_t kind) {
  return (kKinds[static_cast<unsigned char>(c)] & kind) != 0;
}

// Bit i is set where bits i to i + 11 are.
std::uint64_t runs_of_twelve(std::uint64_t m) {
  m &= m >> 1;
  m &= m >> 2;
  m &= m >> 4;  // eight
  return m & (m >> 4);
}

bool begins_reference(std::string_view s) {
  if (s.starts_with("&#")) return s.size() > 2 && (is(s[2], kDigit) || (s[2] | 0x20) == 'x');
  return s.starts_with("&quot;") || s.starts_with("&amp;") || s.starts_with("&apos;");
}

class Finder {
 public:
  Finder(std::string_view text, std::size_t from, MarkTaker& taker)
      : text_(text), from_(from), taker_(taker) {}
  void run();

 private:
  void block(std::size_t at, const BlockMarks& marks);
  void digits_around(std::size_t at);
  void base64_around(std::size_t at);
  void escape(std::size_t at);
  bool is_at(std::size_t i, std::uint8_t kind) const { return i < text_.size() && is(text_[i], kind); }

  std::string_view text_;
  std::size_t from_;
  MarkTaker& taker_;
  std::size_t digits_end_ = 0, base64_end_ = 0;  // behind the last run that was looked at
};

void Finder::digits_around(std::size_t at) {
  if (at < digits_end_) return;
  auto start = at, end = at + 1;
  std::size_t count = 1;
  for (;;) {
    if (start > 0 && is(text_[start - 1], kDigit)) {
      --start;
    } else if (start > 1 && is(text_[start - 1], kSeparator) && is(text_[start - 2], kDigit)) {
      start -= 2;
    } else {
      break;
    }
    ++count;
  }
  for (;; ++count) {
    if (is_at(end, kDigit)) {
      ++end;
    } else if (is_at(end, kSeparator) && is_at(end + 1, kDigit)) {
      end += 2;
    } else {
      break;
    }
  }
  digits_end_ = end;
  if (count >= kLeastDigits && start >= from_) taker_.digits({start, end});
}

void Finder::base64_around(std::size_t at) {
  if (at < base64_end_) return;
  auto start = at, end = at;
  while (start > base64_end_ && is(text_[start - 1], kBase64)) --start;
  while (is_at(end, kBase64)) ++end;
  base64_end_ = end;
  for (int padding = 0; padding < 2 && end < text_.size() && text_[end] == '='; ++padding) ++end;
  if (end - start >= kLeastBase64 && start >= from_) taker_.base64({start, end});
}

void Finder::escape(std::size_t at) {
  if (at < from_ || at + 1 >= text_.size()) return;
  const auto next = text_[at + 1];
  const bool begins = text_[at] == '%'    ? is_at(at + 1, kHex) && is_at(at + 2, kHex)
                      : text_[at] == '\\' ? std::string_view("ux/\"01").find(next) != std::string_view::npos
                                          : begins_reference(text_.substr(at, 6));
  if (begins) taker_.escape(at);
}

void Finder::block(std::size_t at, const BlockMarks& marks) {
  // Of nine digits with eight separators at least five stand in one of the two blocks that they touch.
  constexpr int least_in_block = 5;
  if (std::popcount(marks.digits) >= least_in_block)
    for (auto m = marks.digits; m != 0; m &= m - 1)
      digits_around(at + static_cast<std::size_t>(std::countr_zero(m)));
  for (auto m = runs_of_twelve(marks.base64); m != 0; m &= m - 1)
    base64_around(at + static_cast<std::size_t>(std::countr_zero(m)));
  for (auto m = marks.at_signs; m != 0; m &= m - 1) {
    const auto sign = at + static_cast<std::size_t>(std::countr_zero(m));
    if (sign > 0 && sign >= from_ && is(text_[sign - 1], kWord) && is_at(sign + 1, kWord))
      taker_.at_sign(sign);
  }
  for (auto m = marks.percents | marks.backslashes | marks.ampersands; m != 0; m &= m - 1)
    escape(at + static_cast<std::size_t>(std::countr_zero(m)));
}

void Finder::run() {
  auto at = from_;
  for (; at + kBlock <= text_.size(); at += kBlock) block(at, marks_of(text_.data() + at));
  if (at == text_.size()) return;
  std::array<char, kBlock> rest{};
  std::memcpy(rest.data(), text_.data() + at, text_.size() - at);
  block(at, marks_of(rest.data()));
}

}  // namespace

#if defined(__SSE2__)

BlockMarks marks_of(const char* block) {
  BlockMarks out;
  const auto between = [](__m128i v, char low, char high) {
    // Signed comparison: bytes of 0x80 and more are below all of ASCII.
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(static_cast<char>(low - 1))),
                         _mm_cmplt_epi8(v, _mm_set1_epi8(static_cast<char>(high + 1))));
  };
  const auto is = [](__m128i v, char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); };
  for (unsigned i = 0; i < 4; ++i) {
    const auto v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i));
    const auto digits = between(v, '0', '9');
    const auto letters = between(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 'z');
    const auto others =
        _mm_or_si128(_mm_or_si128(is(v, '+'), is(v, '/')), _mm_or_si128(is(v, '-'), is(v, '_')));
    const auto bits = [&](__m128i mask) {
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(mask))) << (16 * i);
    };
    out.digits |= bits(digits);
    out.base64 |= bits(_mm_or_si128(_mm_or_si128(digits, letters), others));
    out.at_signs |= bits(is(v, '@'));
    out.percents |= bits(is(v, '%'));
    out.backslashes |= bits(is(v, '\\'));
    out.ampersands |= bits(is(v, '&'));
  }
  return out;
}

#else

BlockMarks marks_of(const char* block) {
  BlockMarks out;
  for (unsigned i = 0; i < kBlock; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (is(block[i], kDigit)) out.digits |= bit;
    if (is(block[i], kBase64)) out.base64 |= bit;
    if (block[i] == '@') out.at_signs |= bit;
    if (block[i] == '%') out.percents |= bit;
    if (block[i] == '\\') out.backslashes |= bit;
    if (block[i] == '&') out.ampersands |= bit;
  }
  return out;
}

#endif

void find_marks(std::string_view text, std::size_t from, MarkTaker& taker) {
  Finder(text, from, taker).run();
}

bool is_base64(unsigned char c) {
  return (kKinds[c] & kBase64) != 0;
}
bool is_digit(unsigned char c) {
  return (kKinds[c] & kDigit) != 0;
}
bool is_separator(unsigned char c) {
  return (kKinds[c] & kSeparator) != 0;
}
bool is_hex(unsigned char c) {
  return (kKinds[c] & kHex) != 0;
}
bool is_word(unsigned char c) {
  return (kKinds[c] & kWord) != 0;
}

}  // namespace ostiary::inspect

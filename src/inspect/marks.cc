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

// Bit i is set where bits i to i + 4 are, of digits with at most one other byte between two of them.
std::uint64_t loose_runs_of_five(std::uint64_t m) {
  m |= m << 1 & m >> 1;
  return m & m >> 1 & m >> 2 & m >> 3 & m >> 4;
}

// The bits from `at` on.
std::uint64_t bits_from(std::size_t at) {
  return at >= 64 ? 0 : ~std::uint64_t{0} << at;
}

// Bit i is set where bits i to i + 11 are.
std::uint64_t runs_of_twelve(std::uint64_t m) {
  m &= m >> 1;
  m &= m >> 2;
  m &= m >> 4;  // eight
  return m & (m >> 4);
}

bool begins_reference(std::string_view s) {
  if (s.starts_with("&#")) return s.size() > 2 && (is(s[2], ByteKind::digit) || (s[2] | 0x20) == 'x');
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
  bool is_at(std::size_t i, ByteKind kind) const { return i < text_.size() && is(text_[i], kind); }

  std::string_view text_;
  std::size_t from_;
  MarkTaker& taker_;
  std::size_t digits_end_ = 0, base64_end_ = 0;  // behind the last run that was looked at
};

void Finder::digits_around(std::size_t at) {
  if (!is(text_[at], ByteKind::digit)) ++at;  // what stands between two
  if (at < digits_end_) return;
  auto start = at, end = at + 1;
  std::size_t count = 1;
  for (;;) {
    if (start > 0 && is(text_[start - 1], ByteKind::digit)) {
      --start;
    } else if (start > 1 && is(text_[start - 1], ByteKind::separator) &&
               is(text_[start - 2], ByteKind::digit)) {
      start -= 2;
    } else {
      break;
    }
    ++count;
  }
  for (;; ++count) {
    if (is_at(end, ByteKind::digit)) {
      ++end;
    } else if (is_at(end, ByteKind::separator) && is_at(end + 1, ByteKind::digit)) {
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
  while (start > base64_end_ && is(text_[start - 1], ByteKind::base64)) --start;
  while (is_at(end, ByteKind::base64)) ++end;
  base64_end_ = end;
  for (int padding = 0; padding < 2 && end < text_.size() && text_[end] == '='; ++padding) ++end;
  if (end - start >= kLeastBase64 && start >= from_) taker_.base64({start, end});
}

void Finder::escape(std::size_t at) {
  if (at < from_ || at + 1 >= text_.size()) return;
  const auto next = text_[at + 1];
  const bool begins = text_[at] == '%'    ? is_at(at + 1, ByteKind::hex) && is_at(at + 2, ByteKind::hex)
                      : text_[at] == '\\' ? next == 'u' || next == 'x' || next == '/' || next == '"' ||
                                                next == '0' || next == '1'
                                          : begins_reference(text_.substr(at, 6));
  if (begins) taker_.escape(at);
}

void Finder::block(std::size_t at, const BlockMarks& marks) {
  // Nine digits with or without separators have at least five bytes in one of the two blocks that they touch.
  for (auto m = loose_runs_of_five(marks.digits); m != 0;) {
    const auto digit = at + static_cast<std::size_t>(std::countr_zero(m));
    digits_around(digit);
    m &= m - 1;
    m &= bits_from(digits_end_ - at);
  }
  for (auto m = runs_of_twelve(marks.base64); m != 0;) {
    base64_around(at + static_cast<std::size_t>(std::countr_zero(m)));
    m &= bits_from(base64_end_ - at);
  }
  for (auto m = marks.at_signs; m != 0; m &= m - 1) {
    const auto sign = at + static_cast<std::size_t>(std::countr_zero(m));
    if (sign > 0 && sign >= from_ && is(text_[sign - 1], ByteKind::word) && is_at(sign + 1, ByteKind::word))
      taker_.at_sign(sign);
  }
  for (auto m = marks.percents | marks.backslashes | marks.ampersands; m != 0; m &= m - 1)
    escape(at + static_cast<std::size_t>(std::countr_zero(m)));
  for (auto m = marks.soft_breaks; m != 0; m &= m - 1) {
    const auto sign = at + static_cast<std::size_t>(std::countr_zero(m));
    if (sign >= from_ && sign + 1 < text_.size() && (text_[sign + 1] == '\n' || text_[sign + 1] == '\r'))
      taker_.soft_break(sign);
  }
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
  std::uint64_t equals = 0, ends = 0;
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
    equals |= bits(is(v, '='));
    ends |= bits(_mm_or_si128(is(v, '\n'), is(v, '\r')));
  }
  out.soft_breaks = equals & (ends >> 1 | std::uint64_t{1} << 63);
  return out;
}

#else

BlockMarks marks_of(const char* block) {
  BlockMarks out;
  for (unsigned i = 0; i < kBlock; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (is(block[i], ByteKind::digit)) out.digits |= bit;
    if (is(block[i], ByteKind::base64)) out.base64 |= bit;
    if (block[i] == '@') out.at_signs |= bit;
    if (block[i] == '%') out.percents |= bit;
    if (block[i] == '\\') out.backslashes |= bit;
    if (block[i] == '&') out.ampersands |= bit;
    if (block[i] == '=' && (i + 1 == kBlock || block[i + 1] == '\n' || block[i + 1] == '\r'))
      out.soft_breaks |= bit;
  }
  return out;
}

#endif

void find_marks(std::string_view text, std::size_t from, MarkTaker& taker) {
  Finder(text, from, taker).run();
}

}  // namespace ostiary::inspect

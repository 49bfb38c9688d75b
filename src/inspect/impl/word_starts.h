#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ostiary::inspect {

// What the bytes of a block of 64 are; bit i is byte i.
struct WordMarks {
  std::uint64_t parts = 0;  // letters, digits, bytes of characters beyond ASCII
  std::uint64_t upper = 0, lower = 0, digits = 0, backslashes = 0;
  std::uint64_t leads = 0, beyond = 0;  // first bytes of characters beyond ASCII, and all of theirs
};
#if defined(__SSE2__)

inline WordMarks word_marks_of(const char* block) {
  WordMarks out;
  const auto between = [](__m128i v, char low, char high) {
    // Signed comparison: bytes of 0x80 and more are below all of ASCII.
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(static_cast<char>(low - 1))),
                         _mm_cmplt_epi8(v, _mm_set1_epi8(static_cast<char>(high + 1))));
  };
  for (unsigned i = 0; i < 4; ++i) {
    const auto v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i));
    const auto bits = [&](__m128i mask) {
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(mask))) << (16 * i);
    };
    const auto digits = bits(between(v, '0', '9')), upper = bits(between(v, 'A', 'Z')),
               lower = bits(between(v, 'a', 'z')), beyond = bits(v);
    out.digits |= digits;
    out.upper |= upper;
    out.lower |= lower;
    out.parts |= digits | upper | lower | beyond;
    out.backslashes |= bits(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    out.beyond |= beyond;
    out.leads |= beyond & bits(_mm_cmpgt_epi8(v, _mm_set1_epi8(static_cast<char>(0xbf))));
  }
  return out;
}

#else

inline WordMarks word_marks_of(const char* block) {
  WordMarks out;
  for (unsigned i = 0; i < 64; ++i) {
    const auto c = static_cast<unsigned char>(block[i]);
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (c >= '0' && c <= '9') out.digits |= bit;
    if (c >= 'A' && c <= 'Z') out.upper |= bit;
    if (c >= 'a' && c <= 'z') out.lower |= bit;
    if (c >= 0xc0) out.leads |= bit;
    if (c == '\\') out.backslashes |= bit;
    if (c >= 0x80) out.beyond |= bit;
  }
  out.parts = out.digits | out.upper | out.lower | out.beyond;
  return out;
}

#endif

// Where a part of a word begins: behind what is none, behind a digit, at a capital letter behind a small one
// or before one, behind an escape such as \n, at each character of scripts without blanks. `before`: the
// block before; `next_lower`: the byte behind the block is a small letter.
inline std::uint64_t word_starts(const WordMarks& m, const WordMarks& before, bool next_lower) {
  const auto behind = [](std::uint64_t now, std::uint64_t earlier, unsigned n = 1) {
    return now << n | earlier >> (64 - n);
  };
  const auto letters = m.upper | m.lower;
  return (m.parts & ~behind(m.parts, before.parts)) | (letters & behind(m.digits, before.digits)) |
         (m.upper &
          (behind(m.lower, before.lower) | m.lower >> 1 | static_cast<std::uint64_t>(next_lower) << 63)) |
         (m.parts & behind(m.backslashes, before.backslashes, 2)) |
         ((letters | m.digits) & behind(m.beyond, before.beyond)) | m.leads;
}

// Reads a text from an offset on and gives where parts of words begin, ascending, some at a time.
class WordStarts {
 public:
  static constexpr std::size_t kAtOnce = 1024;  // bytes
  WordStarts(std::string_view text, std::size_t from) : text_(text), at_(from) {
    std::array<char, kBlock> before{};
    if (from == 0) return;
    const auto size = from < 2 ? from : 2;  // only the last two bytes count
    std::memcpy(before.data() + kBlock - size, text.data() + from - size, size);
    before_ = word_marks_of(before.data());
  }
  bool more() const { return at_ < text_.size(); }
  // Those of the next bytes. Whether a capital letter at the very end begins a part is not known yet; it is
  // told as one. Valid until the next call.
  std::span<const std::uint32_t> next() {
    auto* out = starts_.data();
    const auto stop = std::min(text_.size(), at_ + kAtOnce);
    for (; at_ < stop && at_ + kBlock < text_.size(); at_ += kBlock) {
      const char behind = text_[at_ + kBlock];
      out = put(marks(text_.data() + at_, behind >= 'a' && behind <= 'z'), out);
    }
    if (at_ < stop) {
      std::array<char, kBlock> rest{};
      std::memcpy(rest.data(), text_.data() + at_, text_.size() - at_);
      out = put(marks(rest.data(), true), out);
      at_ = text_.size();
    }
    return {starts_.data(), out};
  }

 private:
  static constexpr std::size_t kBlock = 64;
  std::uint64_t marks(const char* block, bool next_lower) {
    const auto marks = word_marks_of(block);
    const auto starts = word_starts(marks, before_, next_lower);
    before_ = marks;
    return starts;
  }
  // Eight at a time whether there are as many or not, which costs less than asking for each.
  std::uint32_t* put(std::uint64_t bits, std::uint32_t* out) const {
    auto* const end = out + std::popcount(bits);
    for (; bits != 0; out += 8)
      for (unsigned i = 0; i < 8; ++i) {
        out[i] = static_cast<std::uint32_t>(at_) +
                 static_cast<std::uint32_t>(std::countr_zero(bits | std::uint64_t{1} << 63));
        bits &= bits - 1;
      }
    return end;
  }
  std::string_view text_;
  std::size_t at_;
  WordMarks before_;
  std::array<std::uint32_t, kAtOnce + kBlock> starts_;
};

}  // namespace ostiary::inspect

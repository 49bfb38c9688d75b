#pragma once

#include <cstddef>
#include <cstdint>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ostiary::inspect {

inline constexpr std::size_t kBlock = 64;  // bytes

// What the bytes of a block are; bit i is byte i.
struct Block {
  std::uint64_t upper = 0, lower = 0, digits = 0;
  std::uint64_t beyond = 0, leads = 0;  // of characters beyond ASCII, and the first bytes of them
  std::uint64_t base64 = 0;             // letters, digits, + / - _
  std::uint64_t backslashes = 0;
  std::uint64_t signs = 0;  // @ % & = and backslashes

  std::uint64_t letters() const { return upper | lower; }
  std::uint64_t parts() const { return upper | lower | digits | beyond; }  // of words
};

#if defined(__SSE2__)

// `bytes` has at least kBlock readable bytes.
inline Block block_of(const char* bytes) {
  Block out;
  std::uint64_t letters = 0, small = 0;
  const auto is = [](__m128i v, char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); };
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
    const auto digits = between(v, '0', '9');
    const auto alphabetic = between(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 'z');
    const auto joins =
        _mm_or_si128(_mm_or_si128(is(v, '+'), is(v, '/')), _mm_or_si128(is(v, '-'), is(v, '_')));
    const auto backslashes = is(v, '\\');
    const auto signs =
        _mm_or_si128(_mm_or_si128(is(v, '@'), is(v, '%')), _mm_or_si128(is(v, '&'), is(v, '=')));
    put(letters, alphabetic);
    put(small, _mm_slli_epi16(v, 2));  // the bit that tells small letters from capitals
    put(out.digits, digits);
    put(out.base64, _mm_or_si128(_mm_or_si128(digits, alphabetic), joins));
    put(out.backslashes, backslashes);
    put(out.signs, _mm_or_si128(signs, backslashes));
    put(out.beyond, v);
  }
  out.lower = letters & small;
  out.upper = letters & ~small;
  if (out.beyond == 0) return out;
  for (unsigned i = 0; i < kBlock; ++i)
    if (static_cast<unsigned char>(bytes[i]) >= 0xc0) out.leads |= std::uint64_t{1} << i;
  return out;
}

#else

inline Block block_of(const char* bytes) {
  Block out;
  for (unsigned i = 0; i < kBlock; ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (c >= '0' && c <= '9') out.digits |= bit;
    if (c >= 'A' && c <= 'Z') out.upper |= bit;
    if (c >= 'a' && c <= 'z') out.lower |= bit;
    if (c >= 0x80) out.beyond |= bit;
    if (c >= 0xc0) out.leads |= bit;
    if (c == '+' || c == '/' || c == '-' || c == '_') out.base64 |= bit;
    if (c == '\\') out.backslashes |= bit;
    if (c == '@' || c == '%' || c == '&' || c == '=' || c == '\\') out.signs |= bit;
  }
  out.base64 |= out.digits | out.upper | out.lower;
  return out;
}

#endif

}  // namespace ostiary::inspect

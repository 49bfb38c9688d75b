#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// The byte scans of the module's hot loops. Each takes a range [p, end), reads nothing outside it, and
// returns `end` where it finds nothing.
namespace ostiary::json::impl {

// What cannot stand bare between the quotes of a string: the quote, the backslash and what is below U+0020.
inline bool is_special(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}
inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_hex(char c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}
inline bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

// For long strings, at a speed that does not depend on how many escapes there are: 64 bytes a step where the
// processor has AVX2, nothing elsewhere. `p` is inside a string and not inside an escape. Everything before
// the returned place is plain text and whole, valid escapes (`escaped` becomes true where there are any). At
// that place is the closing quote, or something that the caller has to look at itself: the range's last
// bytes, or what may be an error.
const char* skip_string_text(const char* p, const char* end, bool& escaped);

#if defined(__SSE2__)

// One bit for each of the 16 bytes at p, the first in bit 0.
inline unsigned special_bits(const char* p) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i mark =
      _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(mark, control)));
}

inline unsigned line_end_bits(const char* p) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return static_cast<unsigned>(_mm_movemask_epi8(
      _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\r')))));
}

inline const char* find_special(const char* p, const char* end) {
  for (; end - p >= 16; p += 16)
    if (const unsigned bits = special_bits(p)) return p + __builtin_ctz(bits);
  while (p != end && !is_special(*p)) ++p;
  return p;
}

inline const char* find_line_end(const char* p, const char* end) {
  for (; end - p >= 32; p += 32)
    if (const unsigned bits = line_end_bits(p) | line_end_bits(p + 16) << 16) return p + __builtin_ctz(bits);
  for (; end - p >= 16; p += 16)
    if (const unsigned bits = line_end_bits(p)) return p + __builtin_ctz(bits);
  while (p != end && !is_line_end(*p)) ++p;
  return p;
}

inline bool is_ascii(std::string_view s) {
  const char* p = s.data();
  const char* const end = p + s.size();
  __m128i seen = _mm_setzero_si128();
  for (; end - p >= 16; p += 16)
    seen = _mm_or_si128(seen, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  unsigned char rest = 0;
  for (; p != end; ++p) rest |= static_cast<unsigned char>(*p);
  return _mm_movemask_epi8(seen) == 0 && rest < 0x80;
}

#else

inline const char* find_special(const char* p, const char* end) {
  while (p != end && !is_special(*p)) ++p;
  return p;
}

inline const char* find_line_end(const char* p, const char* end) {
  while (p != end && !is_line_end(*p)) ++p;
  return p;
}

inline bool is_ascii(std::string_view s) {
  unsigned char seen = 0;
  for (const char c : s) seen |= static_cast<unsigned char>(c);
  return seen < 0x80;
}

#endif

// Length (1 to 4) of the UTF-8 sequence at p (RFC 3629), or 0 where none starts there. p != end.
std::size_t utf8_length(const char* p, const char* end);

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace ostiary::json::impl

#include "inspect/impl/blocks.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ostiary::inspect {

namespace {

Block put_together(std::uint64_t letters, std::uint64_t small, Block out) {
  out.lower = letters & small;
  out.upper = letters & ~small;
  return out;
}

}  // namespace

#if defined(__x86_64__)

// Of a byte's bits the sign is what is taken, so that others are shifted there: small letters have 0x20, the
// first bytes of characters beyond ASCII have 0x40. Signed comparison: bytes of 0x80 and more are below all
// of ASCII.
Block plain_block_of(const char* bytes) {
  Block out;
  std::uint64_t letters = 0, small = 0, second = 0;
  const auto is = [](__m128i v, char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); };
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
    put(small, _mm_slli_epi16(v, 2));
    put(second, _mm_slli_epi16(v, 1));
    put(out.digits, digits);
    put(out.base64, _mm_or_si128(_mm_or_si128(digits, alphabetic), joins));
    put(out.backslashes, backslashes);
    put(out.signs, _mm_or_si128(signs, backslashes));
    put(out.beyond, v);
  }
  out.leads = out.beyond & second;
  return put_together(letters, small, out);
}

#define OSTIARY_WIDE __attribute__((target("avx2")))

namespace {

struct Half {
  __m256i letters, small, second, digits, base64, backslashes, signs, all;
};
OSTIARY_WIDE inline __m256i is(__m256i v, char c) {
  return _mm256_cmpeq_epi8(v, _mm256_set1_epi8(c));
}
OSTIARY_WIDE inline __m256i between(__m256i v, char low, char high) {
  return _mm256_andnot_si256(_mm256_cmpgt_epi8(v, _mm256_set1_epi8(high)),
                             _mm256_cmpgt_epi8(v, _mm256_set1_epi8(static_cast<char>(low - 1))));
}
OSTIARY_WIDE inline __m256i any(__m256i a, __m256i b, __m256i c) {
  return _mm256_or_si256(_mm256_or_si256(a, b), c);
}
OSTIARY_WIDE inline Half half_of(const char* bytes) {
  const auto v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  const auto digits = between(v, '0', '9');
  const auto letters = between(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), 'a', 'z');
  const auto joins = any(is(v, '+'), is(v, '/'), _mm256_or_si256(is(v, '-'), is(v, '_')));
  const auto backslashes = is(v, '\\');
  const auto signs = any(any(is(v, '@'), is(v, '%'), is(v, '&')), is(v, '='), backslashes);
  return {letters,
          _mm256_slli_epi16(v, 2),
          _mm256_slli_epi16(v, 1),
          digits,
          any(digits, letters, joins),
          backslashes,
          signs,
          v};
}
OSTIARY_WIDE inline std::uint64_t mask_of(__m256i low, __m256i high) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
         static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
}

}  // namespace

OSTIARY_WIDE Block wide_block_of(const char* bytes) {
  const auto a = half_of(bytes), b = half_of(bytes + kBlock / 2);
  Block out;
  out.digits = mask_of(a.digits, b.digits);
  out.base64 = mask_of(a.base64, b.base64);
  out.backslashes = mask_of(a.backslashes, b.backslashes);
  out.signs = mask_of(a.signs, b.signs);
  out.beyond = mask_of(a.all, b.all);
  out.leads = out.beyond & mask_of(a.second, b.second);
  return put_together(mask_of(a.letters, b.letters), mask_of(a.small, b.small), out);
}

const bool kWideBlocks = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0;
}();

#else

Block plain_block_of(const char* bytes) {
  Block out;
  std::uint64_t letters = 0, small = 0;
  for (unsigned i = 0; i < kBlock; ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (c >= '0' && c <= '9') out.digits |= bit;
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') letters |= bit;
    if ((c & 0x20) != 0) small |= bit;
    if (c >= 0x80) out.beyond |= bit;
    if (c >= 0xc0) out.leads |= bit;
    if (c == '+' || c == '/' || c == '-' || c == '_') out.base64 |= bit;
    if (c == '\\') out.backslashes |= bit;
    if (c == '@' || c == '%' || c == '&' || c == '=' || c == '\\') out.signs |= bit;
  }
  out.base64 |= out.digits | letters;
  return put_together(letters, small, out);
}

Block wide_block_of(const char* bytes) {
  return plain_block_of(bytes);
}

const bool kWideBlocks = false;

#endif

}  // namespace ostiary::inspect

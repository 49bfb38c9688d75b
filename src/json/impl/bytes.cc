#include "json/impl/bytes.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace ostiary::json::impl {

#if defined(__SSE2__)

namespace {

// Zero until the program's initialisers have run, which only means that the slower loop serves.
const bool kHasAvx2 = __builtin_cpu_supports("avx2") != 0;

constexpr std::uint64_t kEvenBits = 0x5555'5555'5555'5555;

// What stands at each of 64 bytes, the first in bit 0.
struct Marks {
  std::uint64_t quote = 0, backslash = 0, control = 0, letter_u = 0;
  std::uint64_t escapable = 0;  // may stand behind a backslash: " \ / b f n r t u
};

// The escapable bytes by their halves: a byte is one if the bits of its low and its high half have one in
// common.
__attribute__((target("avx2"))) __m256i escapable(__m256i v) {
  const __m256i of_low =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 1 | 4 | 8, 0, 8, 8, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1));
  const __m256i of_high =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0F));
  const __m256i common = _mm256_and_si256(_mm256_shuffle_epi8(of_low, v), _mm256_shuffle_epi8(of_high, high));
  return _mm256_cmpgt_epi8(common, _mm256_setzero_si256());
}

__attribute__((target("avx2"))) std::uint64_t bits(__m256i first, __m256i second) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(first)) |
         std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(second))} << 32;
}

__attribute__((target("avx2"))) Marks marks(const char* p) {
  const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32));
  const auto equal = [&](char c) __attribute__((target("avx2"))) {
    const __m256i wanted = _mm256_set1_epi8(c);
    return bits(_mm256_cmpeq_epi8(a, wanted), _mm256_cmpeq_epi8(b, wanted));
  };
  const __m256i low = _mm256_set1_epi8(0x1f);
  return {.quote = equal('"'),
          .backslash = equal('\\'),
          .control = bits(_mm256_cmpeq_epi8(_mm256_min_epu8(a, low), a),
                          _mm256_cmpeq_epi8(_mm256_min_epu8(b, low), b)),
          .letter_u = equal('u'),
          .escapable = bits(escapable(a), escapable(b))};
}

__attribute__((target("avx2"))) __m256i special(const char* p) {
  const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m256i mark = _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('"')),
                                       _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
  return _mm256_or_si256(mark, _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v));
}

__attribute__((target("avx2"))) bool is_plain(const char* p) {
  const __m256i any = _mm256_or_si256(special(p), special(p + 32));
  return _mm256_testz_si256(any, any) != 0;
}

// Of the backslashes those that begin an escape: in each run the first, the third, and so on. A run that
// starts at an even place is found by adding a bit at its start, which clears all of it.
std::uint64_t escape_starts(std::uint64_t backslash) {
  const std::uint64_t even_starts = backslash & ~(backslash << 1) & kEvenBits;
  const std::uint64_t in_even_runs = backslash & ~(backslash + even_starts);
  return (in_even_runs & kEvenBits) | (backslash & ~in_even_runs & ~kEvenBits);
}

// Whether four hexadecimal digits stand behind each `u` that a bit of `letters` marks.
bool all_hex(const char* p, const char* end, std::uint64_t letters) {
  for (; letters != 0; letters &= letters - 1) {
    const char* const u = p + __builtin_ctzll(letters);
    if (end - u < 5 || !is_hex(u[1]) || !is_hex(u[2]) || !is_hex(u[3]) || !is_hex(u[4])) return false;
  }
  return true;
}

__attribute__((target("avx2"))) const char* skip_string_text_avx2(const char* p, const char* end,
                                                                  bool& escaped) {
  std::uint64_t carry = 0;  // 1 where the byte at p belongs to an escape that began before it
  for (; end - p >= 64; p += 64) {
    if (carry == 0 && is_plain(p)) continue;
    const Marks at = marks(p);
    const std::uint64_t starts = escape_starts(at.backslash & ~carry);
    const std::uint64_t second = starts << 1 | carry;  // the bytes behind those backslashes
    const std::uint64_t closing = at.quote & ~second;
    const std::uint64_t before =
        closing ^ (closing - 1);  // up to and with the closing quote; all where there is none
    const std::uint64_t wrong = at.control | (second & ~at.escapable);
    if ((wrong & before) != 0 || !all_hex(p, end, second & at.letter_u & before)) break;
    escaped |= (starts & before) != 0;
    if (closing != 0) return p + __builtin_ctzll(closing);
    carry = starts >> 63;
  }
  return p - carry;
}

}  // namespace

const char* skip_string_text(const char* p, const char* end, bool& escaped) {
  return kHasAvx2 ? skip_string_text_avx2(p, end, escaped) : p;
}

#else

const char* skip_string_text(const char* p, const char*, bool&) {
  return p;
}

#endif

std::size_t utf8_length(const char* p, const char* end) {
  const auto at = [&](std::ptrdiff_t i) { return end - p > i ? static_cast<unsigned char>(p[i]) : 0U; };
  const auto follows = [&](std::ptrdiff_t i) { return (at(i) & 0xC0) == 0x80; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return follows(1) ? 2 : 0;
  if (lead < 0xF0) {
    const bool overlong = lead == 0xE0 && at(1) < 0xA0;
    const bool surrogate = lead == 0xED && at(1) >= 0xA0;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  const bool overlong = lead == 0xF0 && at(1) < 0x90;
  const bool beyond = lead > 0xF4 || (lead == 0xF4 && at(1) >= 0x90);
  return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
}

}  // namespace ostiary::json::impl

#include "json/impl/bytes.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace ostiary::json::impl {

#if defined(__SSE2__)

namespace {

// Zero until the program's initialisers have run, which only means that the 16-byte loop serves.
const bool kHasAvx2 = __builtin_cpu_supports("avx2") != 0;

__attribute__((target("avx2"))) __m256i special_avx2(const char* p) {
  const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m256i mark = _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('"')),
                                       _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
  return _mm256_or_si256(mark, _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v));
}

__attribute__((target("avx2"))) const char* find_special_avx2(const char* p, const char* end) {
  for (; end - p >= 64; p += 64) {
    const __m256i low = special_avx2(p);
    const __m256i high = special_avx2(p + 32);
    if (_mm256_testz_si256(_mm256_or_si256(low, high), _mm256_set1_epi8(-1)) != 0) continue;
    const std::uint64_t bits = static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
                               std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32;
    return p + __builtin_ctzll(bits);
  }
  return p;
}

}  // namespace

const char* find_special_long(const char* p, const char* end) {
  if (kHasAvx2) p = find_special_avx2(p, end);
  for (; end - p >= 16; p += 16)
    if (const unsigned bits = special_bits(p)) return p + __builtin_ctz(bits);
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

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto follow = [&](unsigned shift) { put(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    follow(0);
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    follow(6), follow(0);
  } else {
    put(0xF0 | code_point >> 18);
    follow(12), follow(6), follow(0);
  }
}

}  // namespace ostiary::json::impl

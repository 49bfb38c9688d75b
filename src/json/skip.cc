#include "json/skip.h"

#include <bit>
#include <cstdint>

#include "json/impl/bytes.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ostiary::json {

namespace {

// Where a walk over an object or array stands.
struct Nesting {
  std::size_t depth = 0;
  bool in_string = false;
};

// Goes on to `end`, or to just behind the bracket that closes the outermost; null: that did not come.
const char* skip_nested_bytes(const char* p, const char* end, Nesting& at) {
  for (; p < end; ++p) {
    if (at.in_string) {
      if (*p == '\\')
        ++p;
      else if (*p == '"')
        at.in_string = false;
      continue;
    }
    if (*p == '"') at.in_string = true;
    if (*p == '{' || *p == '[') ++at.depth;
    if ((*p == '}' || *p == ']') && --at.depth == 0) return p + 1;
  }
  return nullptr;
}

#if defined(__SSE2__)

// One bit for each of the 64 bytes of a block.
struct BlockBits {
  std::uint64_t quotes = 0, backslashes = 0, opens = 0, closes = 0;
  explicit BlockBits(const char* p) {
    for (int i = 0; i < 4; ++i) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
      const auto bits = [i](__m128i equal) {
        return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(equal))) << 16 * i;
      };
      quotes |= bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
      backslashes |= bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
      const __m128i curly = _mm_or_si128(bytes, _mm_set1_epi8(0x20));  // [ and ] become { and }
      opens |= bits(_mm_cmpeq_epi8(curly, _mm_set1_epi8('{')));
      closes |= bits(_mm_cmpeq_epi8(curly, _mm_set1_epi8('}')));
    }
  }
};

// The bits from each odd one set to the next one set: what is between quotes.
std::uint64_t between(std::uint64_t quotes) {
  for (int shift = 1; shift < 64; shift *= 2) quotes ^= quotes << shift;
  return quotes;
}

const char* skip_nested(const char* p, const char* end) {
  Nesting at;
  for (; end - p >= 64; p += 64) {
    const BlockBits bits(p);
    if (bits.backslashes != 0) break;  // escapes are rare: byte by byte
    const auto text = between(bits.quotes) ^ (at.in_string ? ~0ULL : 0);
    const auto opens = bits.opens & ~text, closes = bits.closes & ~text;
    const auto closed = static_cast<std::size_t>(std::popcount(closes));
    if (closed < at.depth) {
      at.depth += static_cast<std::size_t>(std::popcount(opens)) - closed;
    } else {
      for (auto left = opens | closes; left != 0; left &= left - 1) {
        if ((opens & left & -left) != 0)
          ++at.depth;
        else if (--at.depth == 0)
          return p + std::countr_zero(left) + 1;
      }
    }
    at.in_string = (text >> 63) != 0;
  }
  return skip_nested_bytes(p, end, at);
}

#else

const char* skip_nested(const char* p, const char* end) {
  Nesting at;
  return skip_nested_bytes(p, end, at);
}

#endif

}  // namespace

const char* skip_string(const char* p, const char* end) {
  for (++p;;) {
    p = impl::find_special(p, end);
    if (p >= end) return nullptr;
    if (*p == '"') return p + 1;
    p += *p == '\\' ? 2 : 1;
    if (p > end) return nullptr;
  }
}

const char* skip_value(const char* p, const char* end) {
  if (p >= end) return nullptr;
  if (*p == '"') return skip_string(p, end);
  if (*p == '{' || *p == '[') return skip_nested(p, end);
  for (; p < end; ++p)
    if (*p == ',' || *p == '}' || *p == ']' || static_cast<unsigned char>(*p) <= ' ') return p;
  return nullptr;
}

}  // namespace ostiary::json

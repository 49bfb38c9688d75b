#include "base/hash_pair.h"

#include <algorithm>
#include <array>
#include <cpuid.h>
#include <cstring>
#include <immintrin.h>

namespace ostiary {

namespace {

constexpr std::size_t kBlock = 64;

// FIPS 180-4 section 4.2.2.
alignas(16) constexpr std::array<std::uint32_t, 64> kRounds = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct State {
  alignas(16) std::array<std::uint32_t, 8> h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
};

// The instructions keep the state as two registers, A B E F and C D G H, the first letter in the highest
// word.
struct Registers {
  __m128i abef, cdgh;
};

#define OSTIARY_SHA __attribute__((target("sha,sse4.1,ssse3"), always_inline)) inline

OSTIARY_SHA Registers load(const State& state) {
  const __m128i badc =
      _mm_shuffle_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(state.h.data())), 0xb1);
  const __m128i hgfe =
      _mm_shuffle_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(state.h.data() + 4)), 0x1b);
  return {_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

OSTIARY_SHA void store(State& state, const Registers& r) {
  const __m128i feba = _mm_shuffle_epi32(r.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(r.cdgh, 0xb1);
  _mm_store_si128(reinterpret_cast<__m128i*>(state.h.data()), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_store_si128(reinterpret_cast<__m128i*>(state.h.data() + 4), _mm_alignr_epi8(dchg, feba, 8));
}

// Words t to t+3 of the message schedule (FIPS 180-4 section 6.2.2) from the sixteen before them.
OSTIARY_SHA __m128i schedule(__m128i w16, __m128i w12, __m128i w8, __m128i w4) {
  return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w16, w12), _mm_alignr_epi8(w4, w8, 4)), w4);
}

OSTIARY_SHA void four_rounds(Registers& r, __m128i words) {
  r.cdgh = _mm_sha256rnds2_epu32(r.cdgh, r.abef, words);
  r.abef = _mm_sha256rnds2_epu32(r.abef, r.cdgh, _mm_shuffle_epi32(words, 0x0e));
}

// Takes `blocks` blocks of each lane; with two lanes their rounds alternate.
template <int kLanes>
__attribute__((target("sha,sse4.1,ssse3"))) void compress(State* const (&states)[kLanes],
                                                          const std::uint8_t* (&data)[kLanes],
                                                          std::size_t blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  Registers now[kLanes];
  for (int lane = 0; lane < kLanes; ++lane) now[lane] = load(*states[lane]);
  for (; blocks > 0; --blocks) {
    Registers before[kLanes];
    __m128i w[kLanes][4];
    for (int lane = 0; lane < kLanes; ++lane) before[lane] = now[lane];
#pragma clang loop unroll(full)
    for (int group = 0; group < 16; ++group) {
      const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(kRounds.data() + group * 4));
      const int at = group % 4;
#pragma clang loop unroll(full)
      for (int lane = 0; lane < kLanes; ++lane) {
        w[lane][at] =
            group < 4
                ? _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data[lane]) + group),
                                   big_endian)
                : schedule(w[lane][at], w[lane][(at + 1) % 4], w[lane][(at + 2) % 4], w[lane][(at + 3) % 4]);
        four_rounds(now[lane], _mm_add_epi32(w[lane][at], constants));
      }
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      now[lane].abef = _mm_add_epi32(now[lane].abef, before[lane].abef);
      now[lane].cdgh = _mm_add_epi32(now[lane].cdgh, before[lane].cdgh);
      data[lane] += kBlock;
    }
  }
  for (int lane = 0; lane < kLanes; ++lane) store(*states[lane], now[lane]);
}

bool has_sha_instructions() {
  static const bool found = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & (1u << 29))) return false;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1);
  }();
  return found;
}

// A message as runs of whole blocks: an optional first block, the blocks of the text where it stands, and its
// end with the padding.
class Message {
 public:
  Message(const std::uint8_t* first, std::string_view text) {
    const std::size_t whole = text.size() / kBlock;
    if (first) add(first, 1);
    if (whole > 0) add(reinterpret_cast<const std::uint8_t*>(text.data()), whole);
    const auto rest = text.substr(whole * kBlock);
    if (!rest.empty()) std::memcpy(tail_.data(), rest.data(), rest.size());
    tail_[rest.size()] = 0x80;
    const std::size_t tail_blocks = rest.size() + 9 <= kBlock ? 1 : 2;
    const std::uint64_t bits = ((first ? kBlock : 0) + text.size()) * 8;
    for (std::size_t i = 0; i < 8; ++i)
      tail_[tail_blocks * kBlock - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
    add(tail_.data(), tail_blocks);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  // The blocks that stand together at the front.
  std::size_t together() const { return at_ < runs_ ? run_[at_].blocks : 0; }
  const std::uint8_t* data() const { return run_[at_].data; }
  void advance(std::size_t blocks) {
    run_[at_].data += blocks * kBlock;
    run_[at_].blocks -= blocks;
    if (run_[at_].blocks == 0) ++at_;
  }
  State state;

 private:
  struct Run {
    const std::uint8_t* data;
    std::size_t blocks;
  };
  void add(const std::uint8_t* data, std::size_t blocks) { run_[runs_++] = {data, blocks}; }
  std::array<Run, 3> run_{};
  std::size_t runs_ = 0, at_ = 0;
  std::array<std::uint8_t, 2 * kBlock> tail_{};
};

void take(Message& a, Message& b) {
  while (const std::size_t blocks = std::min(a.together(), b.together())) {
    State* const states[2] = {&a.state, &b.state};
    const std::uint8_t* data[2] = {a.data(), b.data()};
    compress<2>(states, data, blocks);
    a.advance(blocks);
    b.advance(blocks);
  }
  for (Message* m : {&a, &b}) {
    while (const std::size_t blocks = m->together()) {
      State* const states[1] = {&m->state};
      const std::uint8_t* data[1] = {m->data()};
      compress<1>(states, data, blocks);
      m->advance(blocks);
    }
  }
}

Digest digest_of(const State& state) {
  Digest out;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint32_t word = __builtin_bswap32(state.h[i]);
    std::memcpy(out.data() + i * 4, &word, 4);
  }
  return out;
}

using Pad = std::array<std::uint8_t, kBlock>;

Pad padded_key(const Key256& key, std::uint8_t filler) {
  Pad pad;
  pad.fill(filler);
  for (std::size_t i = 0; i < key.size(); ++i) pad[i] ^= key[i];
  return pad;
}

std::string_view view(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

void sha256_pair(std::string_view a, std::string_view b, Digest& digest_a, Digest& digest_b) {
  if (!has_sha_instructions()) {
    digest_a = sha256(a);
    digest_b = sha256(b);
    return;
  }
  Message message_a(nullptr, a), message_b(nullptr, b);
  take(message_a, message_b);
  digest_a = digest_of(message_a.state);
  digest_b = digest_of(message_b.state);
}

void hmac_sha256_pair(const Key256& key_a, std::string_view a, const Key256& key_b, std::string_view b,
                      Digest& digest_a, Digest& digest_b) {
  if (!has_sha_instructions()) {
    digest_a = hmac_sha256(key_a, a);
    digest_b = hmac_sha256(key_b, b);
    return;
  }
  const Pad inner_a = padded_key(key_a, 0x36), inner_b = padded_key(key_b, 0x36);
  Message message_a(inner_a.data(), a), message_b(inner_b.data(), b);
  take(message_a, message_b);
  const Digest between_a = digest_of(message_a.state), between_b = digest_of(message_b.state);
  const Pad outer_a = padded_key(key_a, 0x5c), outer_b = padded_key(key_b, 0x5c);
  Message last_a(outer_a.data(), view(between_a)), last_b(outer_b.data(), view(between_b));
  take(last_a, last_b);
  digest_a = digest_of(last_a.state);
  digest_b = digest_of(last_b.state);
}

}  // namespace ostiary

#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace ostiary {

// Appends the UTF-8 form (RFC 3629) of a code point up to 0x10FFFF. That it is no surrogate is the caller's
// affair.
inline void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  const auto follow = [&](unsigned shift) { put(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6), follow(0);
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12), follow(6), follow(0);
  } else {
    put(0xf0 | c >> 18), follow(12), follow(6), follow(0);
  }
}

inline constexpr std::uint8_t kNoDigit = 0xff;

// The value of a digit of base64 in either alphabet (RFC 4648, sections 4 and 5), or kNoDigit.
inline std::uint8_t base64_value(char c) {
  static constexpr auto values = [] {
    std::array<std::uint8_t, 256> out{};
    out.fill(kNoDigit);
    for (std::uint8_t i = 0; i < 26; ++i) out['A' + i] = i, out['a' + i] = 26 + i;
    for (std::uint8_t i = 0; i < 10; ++i) out['0' + i] = 52 + i;
    out['+'] = out['-'] = 62;
    out['/'] = out['_'] = 63;
    return out;
  }();
  return values[static_cast<unsigned char>(c)];
}

}  // namespace ostiary

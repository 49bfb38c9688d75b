#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ostiary::text {

// Takes the first code point off `text`, which is not empty; U+FFFD for one byte that begins no valid one
// (RFC 3629: neither overlong nor a surrogate).
inline char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xc2 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  char32_t c = size == 1 ? first : size == 0 ? 0 : first & (0x7fU >> size);
  bool good = size != 0 && size <= text.size();
  for (std::size_t i = 1; good && i < size; ++i) {
    good = (byte(i) & 0xc0U) == 0x80U;
    c = c << 6U | (byte(i) & 0x3fU);
  }
  if (size == 3) good = good && c >= 0x800 && !(c >= 0xd800 && c <= 0xdfff);
  if (size == 4) good = good && c >= 0x10000 && c <= 0x10ffff;
  text.remove_prefix(good ? size : 1);
  return good ? c : U'\ufffd';
}

inline void append_code_point(std::string& out, char32_t c) {
  const auto add = [&](char32_t bits) { out += static_cast<char>(bits); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xc0 | c >> 6U);
    add(0x80 | (c & 0x3fU));
  } else if (c < 0x10000) {
    add(0xe0 | c >> 12U);
    add(0x80 | (c >> 6U & 0x3fU));
    add(0x80 | (c & 0x3fU));
  } else {
    add(0xf0 | c >> 18U);
    add(0x80 | (c >> 12U & 0x3fU));
    add(0x80 | (c >> 6U & 0x3fU));
    add(0x80 | (c & 0x3fU));
  }
}

}  // namespace ostiary::text

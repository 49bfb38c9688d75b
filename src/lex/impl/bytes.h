#pragma once

#include <array>
#include <cstdint>

// What a byte may be part of.
namespace ostiary::lex::bytes {

inline constexpr std::uint8_t kBlank = 1, kWord = 2, kDigit = 4;

inline constexpr auto kClasses = [] {
  std::array<std::uint8_t, 256> out{};
  for (int c = 0; c <= ' '; ++c) out[static_cast<std::size_t>(c)] = kBlank;
  out[0x7f] = kBlank;
  for (int c = 'a'; c <= 'z'; ++c)
    out[static_cast<std::size_t>(c)] = out[static_cast<std::size_t>(c - 32)] = kWord;
  for (int c = 0x80; c < 0x100; ++c) out[static_cast<std::size_t>(c)] = kWord;
  out['_'] = kWord;
  for (int c = '0'; c <= '9'; ++c) out[static_cast<std::size_t>(c)] = kDigit;
  return out;
}();

inline bool is(char c, int classes) {
  return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

}  // namespace ostiary::lex::bytes

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ostiary::inspect {

// Where the bytes of one block of 64 are of some kind: bit i is byte i.
struct BlockMarks {
  std::uint64_t digits = 0, base64 = 0, at_signs = 0, percents = 0, backslashes = 0, ampersands = 0;
  std::uint64_t soft_breaks = 0;  // an = before the end of a line; of the last byte that is not known
};
// `block` has at least 64 readable bytes.
BlockMarks marks_of(const char* block);

// What the keyword pass cannot see: runs of digits, encodings. Offsets in the text; runs are half open.
struct Run {
  std::size_t start = 0, end = 0;
};
class MarkTaker {
 public:
  virtual ~MarkTaker() = default;
  // At least kLeastDigits digits with at most one space, dot, dash or slash between two of them.
  virtual void digits(Run run) = 0;
  // At least kLeastBase64 characters of base64 or base64url in a row, padding included.
  virtual void base64(Run run) = 0;
  // An @ between two letters or digits.
  virtual void at_sign(std::size_t at) = 0;
  // A percent sign and two hexadecimal digits, a backslash with u, x, /, ", 0 or 1, or an ampersand that
  // begins a character reference.
  virtual void escape(std::size_t at) = 0;
  // An = before LF or CR.
  virtual void soft_break(std::size_t at) = 0;
};
inline constexpr std::size_t kLeastDigits = 9;
inline constexpr std::size_t kLeastBase64 = 24;

// Gives all marks that begin at or behind `from`, each kind in order. Looks at each byte a bounded number of
// times.
void find_marks(std::string_view text, std::size_t from, MarkTaker& taker);

enum class ByteKind : std::uint8_t { digit = 1, base64 = 2, hex = 4, word = 8, separator = 16 };

inline constexpr auto kByteKinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  const auto add = [&](unsigned c, ByteKind kind) { kinds[c] |= static_cast<std::uint8_t>(kind); };
  for (unsigned c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (digit) add(c, ByteKind::digit);
    if (digit || letter || c == '+' || c == '/' || c == '-' || c == '_') add(c, ByteKind::base64);
    if (hex) add(c, ByteKind::hex);
    if (digit || letter || c == '_' || c >= 0x80) add(c, ByteKind::word);
    if (c == ' ' || c == '.' || c == '-' || c == '/') add(c, ByteKind::separator);
  }
  return kinds;
}();

inline bool is(char c, ByteKind kind) {
  return (kByteKinds[static_cast<unsigned char>(c)] & static_cast<std::uint8_t>(kind)) != 0;
}
inline bool is_base64(unsigned char c) {  // with the two characters of base64url, without padding
  return is(static_cast<char>(c), ByteKind::base64);
}
inline bool is_digit(unsigned char c) {
  return is(static_cast<char>(c), ByteKind::digit);
}
inline bool is_hex(unsigned char c) {
  return is(static_cast<char>(c), ByteKind::hex);
}
inline bool is_separator(unsigned char c) {  // that may stand between two digits of a run
  return is(static_cast<char>(c), ByteKind::separator);
}
// A letter, digit, underscore, or a byte of a character beyond ASCII.
inline bool is_word(unsigned char c) {
  return is(static_cast<char>(c), ByteKind::word);
}

}  // namespace ostiary::inspect

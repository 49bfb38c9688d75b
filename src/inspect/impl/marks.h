#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "inspect/impl/blocks.h"

namespace ostiary::inspect {

// What the keyword pass cannot see: runs of digits, encodings. Offsets in the text; runs are half open.
struct Run {
  std::size_t start = 0, end = 0;
};
inline constexpr std::size_t kLeastDigits = 9;
inline constexpr std::size_t kLeastBase64 = 24;

// Each kind in order.
struct Marks {
  std::vector<Run> digits;  // at least kLeastDigits with at most one space, dot, dash or slash between two
  std::vector<Run> base64;  // at least kLeastBase64 characters of base64 or base64url, padding included
  std::vector<std::size_t> at_signs;  // an @ between two letters or digits
  // A percent sign and two hexadecimal digits, a backslash with u, x, /, ", 0 or 1, or an ampersand that
  // begins a character reference.
  std::vector<std::size_t> escapes;
  std::vector<std::size_t> soft_breaks;  // an = before LF or CR

  void clear();
};

// Finds the marks of a text that begin at or behind `from` while somebody else goes over its blocks. Looks at
// each byte a bounded number of times.
class MarkFinder {
 public:
  MarkFinder(std::string_view text, std::size_t from, Marks& marks)
      : text_(text), from_(from), marks_(marks) {}
  // Takes the blocks in turn, the first at or before `from`; behind the text's end their bytes are NUL.
  void take(std::size_t at, const Block& block);
  // Behind the last one.
  void finish();

 private:
  void take_digits(std::size_t at, std::uint64_t digits);
  void take_base64(std::size_t at, std::uint64_t base64);
  void take_sign(std::size_t at);
  void digits_around(std::size_t at);
  void end_base64(std::size_t start, std::size_t end);
  bool is_escape(std::size_t at) const;

  std::string_view text_;
  std::size_t from_;
  Marks& marks_;
  bool begun_ = false;
  std::size_t digits_end_ = 0;            // behind the last run that was looked at
  std::optional<std::size_t> in_base64_;  // where the run begins that may go on in the next block
};

// Appends the marks of a text that begin at or behind `from`.
void find_marks(std::string_view text, std::size_t from, Marks& marks);

enum class ByteKind : std::uint8_t { digit = 1, base64 = 2, hex = 4, word = 8, separator = 16, escape = 32 };

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
    if (c == '%' || c == '\\' || c == '&') add(c, ByteKind::escape);
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

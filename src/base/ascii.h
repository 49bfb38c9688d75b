#pragma once

namespace ostiary::text {

// What a byte is in ASCII, whatever the locale; bytes of other characters are none of these.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_alnum(char c) {
  return is_digit(c) || is_letter(c);
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
// Between words of a line.
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}
// The same, and line ends.
constexpr bool is_space(char c) {
  return is_blank(c) || c == '\n';
}

}  // namespace ostiary::text

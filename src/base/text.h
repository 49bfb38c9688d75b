#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::text {

std::string_view trim(std::string_view s);  // ASCII blanks off both ends
std::string lower(std::string_view s);      // ASCII only
bool iequals_same_size(const char* a, const char* b, std::size_t size);
inline bool iequals(std::string_view a, std::string_view b) {  // ASCII case-insensitive
  return a.size() == b.size() && iequals_same_size(a.data(), b.data(), a.size());
}
std::vector<std::string_view> split(std::string_view s, char separator);
bool is_utf8(std::string_view s);  // RFC 3629; runs at several GB/s

// Shell-style match of the whole of `s`: `*` any run, `?` any one byte. Linear in s for each `*`.
bool glob(std::string_view pattern, std::string_view s);

// The candidate nearest to `word` by edit distance (Damerau-Levenshtein, restricted), if near enough to be a
// likely slip of the keyboard.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates);

// "64MiB", "256KiB", "1GB", "4096" -> bytes. Units: B, KB, MB, GB (powers of 1000), KiB, MiB, GiB.
Result<std::uint64_t> parse_bytes(std::string_view s);
// "250ms", "10s", "15m", "2h", "1d" -> milliseconds.
Result<std::uint64_t> parse_duration_ms(std::string_view s);
std::string format_bytes(std::uint64_t bytes);                // exact: the largest unit that divides
std::string format_duration_ms(std::uint64_t ms);             // exact: the largest unit that divides
std::optional<std::uint64_t> parse_uint(std::string_view s);  // digits only, no sign, no overflow

}  // namespace ostiary::text

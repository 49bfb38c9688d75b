#include "base/text.h"

#include <algorithm>
#include <array>
#include <limits>
#include <simdjson.h>

namespace ostiary::text {

namespace {
char low(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array kByteUnits = {Unit{"B", 1},           Unit{"KB", 1000},        Unit{"MB", 1000000},
                                   Unit{"GB", 1000000000}, Unit{"KiB", 1ULL << 10}, Unit{"MiB", 1ULL << 20},
                                   Unit{"GiB", 1ULL << 30}};
constexpr std::array kTimeUnits = {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60000}, Unit{"h", 3600000},
                                   Unit{"d", 86400000}};

Result<std::uint64_t> parse_scaled(std::string_view s, std::span<const Unit> units, std::string_view bare,
                                   std::string_view example) {
  const auto digits = std::min(s.find_first_not_of("0123456789"), s.size());
  const auto number = parse_uint(s.substr(0, digits));
  auto name = trim(s.substr(digits));
  if (name.empty()) name = bare;
  for (const auto& unit : units) {
    if (!number || !iequals(unit.name, name)) continue;
    if (*number > std::numeric_limits<std::uint64_t>::max() / unit.factor) break;
    return *number * unit.factor;
  }
  return fail(Code::invalid, "'" + std::string(s) + "' is not of the form " + std::string(example));
}

std::string format_scaled(std::uint64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const auto& unit : units)
    if (value != 0 && value % unit.factor == 0 && unit.factor > best->factor) best = &unit;
  return std::to_string(value / best->factor) + std::string(best->name);
}
}  // namespace

std::string_view trim(std::string_view s) {
  const auto blank = " \t\r\n\v\f";
  const auto first = s.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(blank) - first + 1);
}

std::string lower(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), low);
  return out;
}

bool iequals_same_size(const char* a, const char* b, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    if (a[i] != b[i] && low(a[i]) != low(b[i])) return false;
  return true;
}

std::vector<std::string_view> split(std::string_view s, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0;;) {
    const auto end = s.find(separator, start);
    parts.push_back(s.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

bool is_utf8(std::string_view s) {
  return simdjson::validate_utf8(s.data(), s.size());
}

bool glob(std::string_view pattern, std::string_view s) {
  std::size_t p = 0, i = 0, star = std::string_view::npos, mark = 0;
  while (i < s.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = i;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == s[i])) {
      ++p, ++i;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      i = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::size_t best = std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 3)) + 1;
  std::optional<std::string> found;
  for (const auto candidate : candidates) {
    std::vector<std::size_t> before(candidate.size() + 1), last(candidate.size() + 1),
        row(candidate.size() + 1);
    for (std::size_t j = 0; j <= candidate.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const bool same = low(word[i - 1]) == low(candidate[j - 1]);
        row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
        if (i > 1 && j > 1 && word[i - 1] == candidate[j - 2] && word[i - 2] == candidate[j - 1])
          row[j] = std::min(row[j], before[j - 2] + 1);
      }
      before = last;
      last = row;
    }
    if (last[candidate.size()] < best) {
      best = last[candidate.size()];
      found = std::string(candidate);
    }
  }
  return found;
}

Result<std::uint64_t> parse_bytes(std::string_view s) {
  return parse_scaled(s, kByteUnits, "B", "64MiB, 32KiB or 4096");
}

Result<std::uint64_t> parse_duration_ms(std::string_view s) {
  return parse_scaled(s, kTimeUnits, s == "0" ? "ms" : "", "250ms, 10s, 15m or 2h");
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array binary = {Unit{"B", 1}, Unit{"KiB", 1ULL << 10}, Unit{"MiB", 1ULL << 20},
                                 Unit{"GiB", 1ULL << 30}};
  return format_scaled(bytes, binary);
}

std::string format_duration_ms(std::uint64_t ms) {
  return ms == 0 ? "0s" : format_scaled(ms, kTimeUnits);
}

std::optional<std::uint64_t> parse_uint(std::string_view s) {
  if (s.empty() || s.size() > 20) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : s) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace ostiary::text

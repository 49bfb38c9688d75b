#include "telemetry/trace_context.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/hash.h"
#include "base/text.h"

namespace ostiary::telemetry {

namespace {

constexpr std::size_t kLength = 55;  // of version 00: 2 + 32 + 16 + 2 digits and three dashes
constexpr std::size_t kMostState = 512, kMostMembers = 32, kMostKey = 256, kMostValue = 256;

bool is_lower_hex(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

template <std::size_t N>
bool read_hex(std::string_view digits, std::array<std::uint8_t, N>& out) {
  if (!is_lower_hex(digits)) return false;
  const auto nibble = [](char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (std::size_t i = 0; i < N; ++i)
    out[i] = static_cast<std::uint8_t>(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
  return true;
}

template <std::size_t N>
bool is_zero(const std::array<std::uint8_t, N>& bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t b) { return b == 0; });
}

bool is_key_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '*' || c == '/' ||
         c == '@';
}

bool is_member(std::string_view key, std::string_view value) {
  const bool starts_well =
      !key.empty() && ((key[0] >= 'a' && key[0] <= 'z') || (key[0] >= '0' && key[0] <= '9'));
  return starts_well && key.size() <= kMostKey && std::ranges::all_of(key, is_key_letter) &&
         std::ranges::count(key, '@') <= 1 && !value.empty() && value.size() <= kMostValue &&
         value.back() != ' ' &&
         std::ranges::all_of(value, [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; });
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  header = text::trim(header);
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-')
    return std::nullopt;
  const auto version = header.substr(0, 2);
  if (!is_lower_hex(version) || version == "ff") return std::nullopt;
  if (version == "00" ? header.size() != kLength : header.size() > kLength && header[kLength] != '-')
    return std::nullopt;
  TraceContext context;
  std::array<std::uint8_t, 1> flags{};
  if (!read_hex(header.substr(3, 32), context.trace) || !read_hex(header.substr(36, 16), context.span) ||
      !read_hex(header.substr(53, 2), flags) || is_zero(context.trace) || is_zero(context.span))
    return std::nullopt;
  context.sampled = (flags[0] & 1) != 0;
  return context;
}

void append_traceparent(std::string& out, const TraceContext& context) {
  out += "00-";
  append_hex(out, context.trace);
  out += '-';
  append_hex(out, context.span);
  out += context.sampled ? "-01" : "-00";
}

bool is_tracestate(std::string_view header) {
  if (header.size() > kMostState) return false;
  std::vector<std::string_view> keys;
  for (const auto part : text::split(header, ',')) {
    const auto member = text::trim(part);
    if (member.empty()) continue;  // empty members are allowed
    const auto equals = member.find('=');
    if (equals == std::string_view::npos) return false;
    const auto key = member.substr(0, equals);
    if (!is_member(key, member.substr(equals + 1)) || std::ranges::find(keys, key) != keys.end())
      return false;
    keys.push_back(key);
  }
  return !keys.empty() && keys.size() <= kMostMembers;
}

bool is_sampled(const TraceId& trace, double ratio) {
  if (ratio >= 1) return true;
  if (!(ratio > 0)) return false;
  std::uint64_t random = 0;
  for (std::size_t i = 9; i < 16; ++i) random = random << 8 | trace[i];
  constexpr double kAll = 72057594037927936.0;  // 2^56
  return random >= static_cast<std::uint64_t>(std::llround((1 - ratio) * kAll));
}

}  // namespace ostiary::telemetry

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/time.h"
#include "files/impl/spreadsheet_parts.h"

namespace ostiary::files {

namespace {

constexpr double kDaySeconds = 86'400;

// The letters of a format's first section that stand for parts of a number, in lower case: no quoted text, no
// escaped character, no colour, locale or condition.
std::string letters_of(std::string_view code) {
  std::string out;
  for (std::size_t i = 0; i < code.size() && code[i] != ';'; ++i) {
    const char c = code[i];
    if (c == '"' || c == '[') {
      const auto end = code.find(c == '"' ? '"' : ']', i + 1);
      if (end == std::string_view::npos) break;
      // Hours that go on beyond a day are a number to us.
      if (c == '[' && end == i + 2 && std::string_view("hHmMsS").contains(code[i + 1])) return {};
      i = end;
    } else if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
  }
  return out;
}

std::string plain_number(double value) {
  constexpr double exact = 1e15;
  std::array<char, 64> buffer{};
  const auto text = [&](std::to_chars_result end) { return std::string(buffer.data(), end.ptr); };
  auto* const begin = buffer.data();
  auto* const end = begin + buffer.size();
  if (value == std::trunc(value) && std::abs(value) < exact)
    return text(std::to_chars(begin, end, static_cast<std::int64_t>(value)));
  if (std::abs(value) >= 1e-6 && std::abs(value) < exact)
    return text(std::to_chars(begin, end, value, std::chars_format::fixed));
  return text(std::to_chars(begin, end, value));
}

}  // namespace

NumberKind number_kind_of(std::uint32_t format) {
  const auto within = [&](std::uint32_t low, std::uint32_t high) { return format >= low && format <= high; };
  if (format == 22) return NumberKind::date_time;
  // 27 to 36 and 50 to 58 are days in East Asian settings.
  if (within(14, 17) || within(27, 31) || format == 36 || within(50, 54) || within(57, 58))
    return NumberKind::date;
  if (within(18, 21) || within(32, 35) || within(45, 47) || within(55, 56)) return NumberKind::time;
  return NumberKind::number;
}

NumberKind number_kind_of(std::string_view format_code) {
  const auto letters = letters_of(format_code);
  if (letters.find("general") != std::string::npos || letters.find('@') != std::string::npos)
    return NumberKind::number;
  const bool time = letters.find_first_of("hs") != std::string::npos;
  const bool day = letters.find_first_of("yd") != std::string::npos;
  const bool month = letters.find('m') != std::string::npos;
  if (time) return day ? NumberKind::date_time : NumberKind::time;
  return day || month ? NumberKind::date : NumberKind::number;
}

std::string number_text(double value, NumberKind kind, bool in_1904) {
  constexpr double epoch_1900 = 25'569, epoch_1904 = 24'107, first = 1, last = 2'958'466;
  if (!std::isfinite(value)) return {};
  const bool day_of_some = value >= (in_1904 || kind == NumberKind::time ? 0 : first) && value < last;
  if (kind == NumberKind::number || !day_of_some) return plain_number(value);
  // Programs count a 29 February 1900, which never was: the days before it are one less.
  const double shift = !in_1904 && value < 60 ? 1 : 0;
  const double day = value + shift - (in_1904 ? epoch_1904 : epoch_1900);
  const auto text = rfc3339(std::llround(day * kDaySeconds) * 1000);
  if (kind == NumberKind::time && value < 1) return text.substr(11, 8);
  if (kind == NumberKind::date || value == std::trunc(value)) return text.substr(0, 10);
  return text.substr(0, 10) + " " + text.substr(11, 8);
}

}  // namespace ostiary::files

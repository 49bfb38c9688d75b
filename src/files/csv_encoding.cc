#include <algorithm>
#include <array>
#include <cstdint>

#include "base/digits.h"
#include "base/text.h"
#include "files/impl/spreadsheet_parts.h"

namespace ostiary::files {

namespace {

// 0x80 to 0x9f of Windows-1252 (the table of the WHATWG's Encoding Standard is the same, with controls where
// this has none).
constexpr std::array<std::uint16_t, 32> kWindows{
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

DecodedText from_windows(std::string_view bytes) {
  DecodedText out{"windows-1252", "", false};
  out.text.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const std::uint32_t point = byte >= 0x80 && byte < 0xa0 ? kWindows.at(byte - 0x80) : byte;
    if (point == 0xfffd) out.damaged = true;
    append_utf8(out.text, point);
  }
  return out;
}

DecodedText from_utf16(std::string_view bytes, bool big) {
  DecodedText out{big ? "utf-16be" : "utf-16le", "", bytes.size() % 2 != 0};
  out.text.reserve(bytes.size() / 2 + bytes.size() / 8);
  const auto unit = [&](std::size_t at) -> std::uint32_t {
    const auto first = static_cast<unsigned char>(bytes[at]),
               second = static_cast<unsigned char>(bytes[at + 1]);
    return big ? std::uint32_t{first} << 8 | second : std::uint32_t{second} << 8 | first;
  };
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    auto point = unit(at);
    if (point >= 0xd800 && point < 0xdc00 && at + 3 < bytes.size() && unit(at + 2) >> 10 == 0xdc00 >> 10) {
      point = 0x10000 + ((point & 0x3ff) << 10) + (unit(at + 2) & 0x3ff);
      at += 2;
    } else if (point >= 0xd800 && point < 0xe000) {
      point = 0xfffd;
      out.damaged = true;
    }
    append_utf8(out.text, point);
  }
  return out;
}

// The length of the UTF-8 sequence at `at`, or 0: at most four bytes are asked.
std::size_t sequence(std::string_view bytes, std::size_t at) {
  const auto first = static_cast<unsigned char>(bytes[at]);
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return length <= bytes.size() - at && text::is_utf8(bytes.substr(at, length)) ? length : 0;
}

DecodedText from_utf8(std::string_view bytes) {
  DecodedText out{"utf-8", "", true};
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = sequence(bytes, at);
    length == 0 ? out.text += "\xEF\xBF\xBD" : out.text += bytes.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

// Mostly UTF-8, with a few bytes that are none: a file that was cut or put together.
bool mostly_utf8(std::string_view bytes) {
  constexpr std::size_t times = 8;
  std::size_t good = 0, bad = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    if (static_cast<unsigned char>(bytes[at]) < 0x80) {
      ++at;
      continue;
    }
    const auto length = sequence(bytes, at);
    length == 0 ? ++bad : ++good;
    at += std::max<std::size_t>(length, 1);
  }
  return good >= times * bad;
}

// UTF-16 without a mark: of Latin text, every other byte is nothing.
enum class Wide : std::uint8_t { none, little, big };
Wide wide_by_zeros(std::string_view bytes) {
  const auto head = bytes.substr(0, 4096);
  std::array<std::size_t, 2> zeros{};
  for (std::size_t i = 0; i < head.size(); ++i)
    if (head[i] == 0) ++zeros[i % 2];
  const auto pairs = head.size() / 2;
  if (pairs == 0 || bytes.size() % 2 != 0) return Wide::none;
  if (zeros[1] * 10 >= pairs * 4 && zeros[0] * 20 <= pairs) return Wide::little;
  if (zeros[0] * 10 >= pairs * 4 && zeros[1] * 20 <= pairs) return Wide::big;
  return Wide::none;
}

}  // namespace

DecodedText decoded_text(std::string_view bytes) {
  if (bytes.starts_with("\xff\xfe")) return from_utf16(bytes.substr(2), false);
  if (bytes.starts_with("\xfe\xff")) return from_utf16(bytes.substr(2), true);
  const bool marked = bytes.starts_with("\xef\xbb\xbf");
  if (marked) bytes.remove_prefix(3);
  if (const auto wide = marked ? Wide::none : wide_by_zeros(bytes); wide != Wide::none)
    return from_utf16(bytes, wide == Wide::big);
  if (text::is_utf8(bytes)) return {"utf-8", std::string(bytes), false};
  return marked || mostly_utf8(bytes) ? from_utf8(bytes) : from_windows(bytes);
}

}  // namespace ostiary::files

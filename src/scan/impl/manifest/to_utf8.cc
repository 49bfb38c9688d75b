#include "scan/impl/manifest/to_utf8.h"

#include <algorithm>
#include <cstdint>

#include "base/digits.h"

namespace ostiary::scan {

namespace {

// One character of UTF-16 at `at`, which is moved behind it. Half a pair is U+FFFD.
std::uint32_t take_wide(std::string_view bytes, std::size_t& at, bool big_endian) {
  const auto unit = [&](std::size_t i) -> std::uint32_t {
    const auto first = static_cast<unsigned char>(bytes[i]),
               second = static_cast<unsigned char>(bytes[i + 1]);
    return big_endian ? first << 8 | second : second << 8 | first;
  };
  const auto high = unit(at);
  at += 2;
  if (high < 0xd800 || high > 0xdfff) return high;
  if (high > 0xdbff || at + 2 > bytes.size()) return 0xfffd;
  const auto low = unit(at);
  if (low < 0xdc00 || low > 0xdfff) return 0xfffd;
  at += 2;
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

std::size_t utf8_size(std::uint32_t c) {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

}  // namespace

Utf8::Utf8(std::string_view bytes) : bytes_(bytes) {
  if (bytes.starts_with("\xef\xbb\xbf")) mark_ = 3;
  wide_ = bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
  if (!wide_) return;
  mark_ = 2;
  big_endian_ = bytes.front() == '\xfe';
  for (std::size_t at = mark_; at + 2 <= bytes.size();) append_utf8(copy_, take_wide(bytes, at, big_endian_));
}

void Utf8::to_original(std::vector<Declared>& declared) const {
  if (!wide_) {
    for (auto& one : declared) one.start += mark_, one.end += mark_;
    return;
  }
  std::vector<std::uint64_t*> places;
  places.reserve(declared.size() * 2);
  for (auto& one : declared) places.push_back(&one.start), places.push_back(&one.end);
  std::ranges::sort(places, {}, [](const std::uint64_t* place) { return *place; });
  std::size_t at = mark_;
  std::uint64_t in_copy = 0;
  for (auto* place : places) {
    while (in_copy < *place && at + 2 <= bytes_.size())
      in_copy += utf8_size(take_wide(bytes_, at, big_endian_));
    *place = at;
  }
}

}  // namespace ostiary::scan

#include "base/id.h"

#include "base/hash.h"
#include "base/time.h"

namespace ostiary {

Id Id::make() {
  thread_local std::uint64_t last_ms = 0;
  thread_local std::uint32_t counter = 0;
  const auto now = static_cast<std::uint64_t>(wall_now());
  if (now > last_ms) {
    last_ms = now;
    std::uint8_t seed[1];
    random_bytes(seed);
    counter = seed[0];
  } else if (++counter > 0xfff) {
    ++last_ms;  // the clock stands or went back: borrow the next millisecond
    counter = 0;
  }
  Id id;
  random_bytes(std::span(id.bytes).subspan(8));
  for (int i = 0; i < 6; ++i)
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(last_ms >> (40 - 8 * i));
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | counter >> 8);
  id.bytes[7] = static_cast<std::uint8_t>(counter);
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

void Id::append_to(std::string& out) const {
  constexpr char digits[] = "0123456789abcdef";
  char buffer[36];
  char* p = buffer;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
    *p++ = digits[bytes[i] >> 4];
    *p++ = digits[bytes[i] & 15];
  }
  out.append(buffer, sizeof buffer);
}

std::string Id::text() const {
  std::string out;
  append_to(out);
  return out;
}

std::optional<Id> Id::parse(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
    return std::nullopt;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char small = static_cast<char>(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
  };
  Id id;
  std::size_t at = 0;
  for (auto& byte : id.bytes) {
    if (text[at] == '-') ++at;
    const int high = digit(text[at]), low = digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return id;
}

}  // namespace ostiary

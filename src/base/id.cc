#include "base/id.h"

#include <array>

#include "base/hash.h"
#include "base/time.h"

namespace ostiary {

namespace {

constexpr std::uint8_t kNoDigit = 0x10;

// The value of each hexadecimal digit.
constexpr auto kDigits = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = static_cast<std::uint8_t>(10 + i);
  return values;
}();

// Where each byte's two digits stand in the text.
constexpr std::array<std::uint8_t, 16> kPlaces{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

}  // namespace

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
  Id id;
  std::uint8_t wrong = 0;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    const auto high = kDigits[static_cast<std::uint8_t>(text[kPlaces[i]])];
    const auto low = kDigits[static_cast<std::uint8_t>(text[kPlaces[i] + 1])];
    wrong |= high | low;
    id.bytes[i] = static_cast<std::uint8_t>(high << 4 | (low & 15));
  }
  if ((wrong & kNoDigit) != 0) return std::nullopt;
  return id;
}

}  // namespace ostiary

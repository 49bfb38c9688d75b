#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace ostiary {

// UUID version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits. Ids made by one
// thread increase (method 1 of section 6.2: a 12-bit counter in rand_a).
struct Id {
  std::array<std::uint8_t, 16> bytes{};

  static Id make();
  static std::optional<Id> parse(std::string_view text);
  std::string text() const;  // 8-4-4-4-12, lower case, 36 bytes
  void append_to(std::string& out) const;
  auto operator<=>(const Id&) const = default;
};

// For unordered containers: its last 62 bits are random.
struct IdHash {
  std::size_t operator()(const Id& id) const {
    std::size_t hash = 0;
    std::memcpy(&hash, id.bytes.data() + id.bytes.size() - sizeof hash, sizeof hash);
    return hash;
  }
};

}  // namespace ostiary

#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "inspect/finding.h"

namespace ostiary::inspect {

// Fills in lines and columns of places that are asked for in ascending order; also in UTF-16, of which each
// second byte is mostly 0.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  void place(Location& location) {
    const auto passed = text_.substr(at_, location.start - at_);
    const auto breaks = breaks_in(passed);
    line_ += static_cast<std::uint32_t>(breaks);
    if (breaks > 0) column_ = 1;
    column_ +=
        static_cast<std::uint32_t>(std::ranges::count_if(passed.substr(passed.rfind('\n') + 1), [](char c) {
          return c != '\0' && (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        }));
    at_ = location.start;
    location.line = line_;
    location.column = column_;
  }

 private:
  // In parts in which a byte can count them, which processors do for many at once.
  static std::uint64_t breaks_in(std::string_view text) {
    constexpr std::size_t most = 255;
    std::uint64_t out = 0;
    for (; !text.empty(); text.remove_prefix(std::min(most, text.size()))) {
      std::uint8_t some = 0;
      for (const char c : text.substr(0, most)) some = static_cast<std::uint8_t>(some + (c == '\n' ? 1 : 0));
      out += some;
    }
    return out;
  }
  std::string_view text_;
  std::uint64_t at_ = 0;
  std::uint32_t line_ = 1, column_ = 1;
};

}  // namespace ostiary::inspect

#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::inspect {

// Knows every beginning of a number of keywords, so that the end of a text that is still coming can be asked
// which of them it may have begun. In any ASCII case. Add all, then prepare() once.
class Beginnings {
 public:
  void add(std::string_view keyword, std::uint16_t user) {
    std::string reversed;
    for (const char c : keyword) {
      reversed.insert(reversed.begin(), lower(c));
      all_.push_back({reversed, user});
    }
  }
  void prepare() {
    std::ranges::sort(all_);
    all_.erase(std::ranges::unique(all_).begin(), all_.end());
  }
  // Adds what another knows, its users counted from `first` on. prepare() comes after.
  void join(const Beginnings& other, std::uint16_t first) {
    for (const auto& entry : other.all_)
      all_.push_back({entry.reversed, static_cast<std::uint16_t>(entry.user + first)});
  }
  // Calls take(size, user) for each keyword whose first `size` bytes, at least one, are the last of `text`.
  template <class Take>
  void each(std::string_view text, Take&& take) const {
    auto low = all_.begin(), high = all_.end();
    for (std::size_t depth = 0; depth < text.size() && low != high; ++depth) {
      // As unsigned bytes, which is how strings compare.
      const auto c = static_cast<unsigned char>(lower(text[text.size() - 1 - depth]));
      const auto at = [depth](const Entry& e) { return static_cast<unsigned char>(e.reversed[depth]); };
      low = std::ranges::lower_bound(low, high, c, {}, at);
      high = std::ranges::upper_bound(low, high, c, {}, at);
      for (; low != high && low->reversed.size() == depth + 1; ++low) take(depth + 1, low->user);
    }
  }

 private:
  struct Entry {
    std::string reversed;
    std::uint16_t user = 0;
    auto operator<=>(const Entry&) const = default;
  };
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
  std::vector<Entry> all_;
};

}  // namespace ostiary::inspect

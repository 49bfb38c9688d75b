#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace ostiary::model {

// Reads numbers and texts from bytes that may claim anything. What goes beyond the end gives zeros and
// nothing, and failed() from then on.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes, std::uint64_t at = 0, bool big_endian = false)
      : bytes_(bytes), at_(at), big_(big_endian), failed_(at > bytes.size()) {}

  template <class T>
    requires std::is_arithmetic_v<T>
  T get() {
    std::array<char, sizeof(T)> raw{};
    const auto from = take(sizeof(T));
    if (failed_) return T{};
    std::memcpy(raw.data(), from.data(), raw.size());
    if (big_ != (std::endian::native == std::endian::big)) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
  }
  std::string_view take(std::uint64_t size) {
    if (failed_ || size > bytes_.size() - at_) {
      failed_ = true;
      return {};
    }
    const auto out = bytes_.substr(at_, size);
    at_ += size;
    return out;
  }
  // `count` things of `size` bytes each; their product may be beyond any number.
  void skip(std::uint64_t count, std::uint64_t size = 1) {
    if (failed_ || (size > 0 && count > (bytes_.size() - at_) / size))
      failed_ = true;
    else
      at_ += count * size;
  }
  std::uint64_t at() const { return at_; }
  std::uint64_t left() const { return failed_ ? 0 : bytes_.size() - at_; }
  bool failed() const { return failed_; }

 private:
  std::string_view bytes_;
  std::uint64_t at_;
  bool big_, failed_;
};

// Products and sums that stay at their highest value instead of beginning again.
inline std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? ~0ULL : out;
}
inline std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out = 0;
  return __builtin_add_overflow(a, b, &out) ? ~0ULL : out;
}

}  // namespace ostiary::model

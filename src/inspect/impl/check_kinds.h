#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "catalog/catalog.h"

namespace ostiary::inspect {

using CheckStep = std::function<bool(std::string_view)>;

// The words of `argument`, each for the kind that takes it.
class CheckWords {
 public:
  explicit CheckWords(std::string_view argument);
  bool take(std::string_view word);
  std::optional<std::string_view> take_value(std::string_view name);  // of name=VALUE
  std::optional<std::string_view> take_if(bool (*wanted)(std::string_view));
  const std::vector<std::string_view>& left() const { return words_; }

 private:
  std::vector<std::string_view> words_;
};

struct CheckKind {
  std::string_view name;
  Result<CheckStep> (*make)(const catalog::Detector::Check& spec, CheckWords& words) = nullptr;
};

std::span<const CheckKind> number_checks();
std::span<const CheckKind> weighted_checks();
std::span<const CheckKind> country_checks();
std::span<const CheckKind> address_checks();
std::span<const CheckKind> token_checks();

// For kinds that need nothing but the value.
template <bool (*holds)(std::string_view)>
Result<CheckStep> plain(const catalog::Detector::Check&, CheckWords&) {
  return CheckStep(holds);
}

inline bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
// 0 to 9, A is 10 to Z is 35 (ISO 7064, ISO 13616, ICAO 9303); -1 otherwise.
inline int value_of(char c) {
  return is_decimal(c) ? c - '0' : is_upper(c) ? c - 'A' + 10 : -1;
}

// The characters of a number without separators, letters in upper case. A longer one is none.
class Characters {
 public:
  static constexpr std::size_t kMost = 64;
  static std::optional<Characters> of(std::string_view value);
  // The same, where there are only digits and not all are the same.
  static std::optional<Characters> digits_of(std::string_view value);

  std::size_t size() const { return size_; }
  char operator[](std::size_t i) const { return text_[i]; }
  std::string_view text() const { return {text_.data(), size_}; }
  std::string_view text(std::size_t from, std::size_t n) const { return text().substr(from, n); }
  bool all_digits(std::size_t from, std::size_t n) const;
  std::uint64_t number(std::size_t from, std::size_t n) const;  // of at most 18 digits

 private:
  std::array<char, kMost> text_{};
  std::size_t size_ = 0;
};

// The digit at the end is Luhn's of those before it (ISO/IEC 7812-1 annex B).
bool luhn(std::string_view digits);
// The digit at the end is Verhoeff's of those before it.
bool verhoeff(std::string_view digits);
// The digit at the end is that of ISO 7064 mod 11,10.
bool mod11_10(std::string_view digits);

// Keccak-256 with the padding from before FIPS 202, as Ethereum and Monero have it.
Digest keccak256(std::string_view bytes);

// Base64 or base64url (RFC 4648 sections 4 and 5), padding or not; nothing where there is another character,
// a length that no bytes have or more behind the padding.
std::optional<std::string> decode_any_base64(std::string_view text);

}  // namespace ostiary::inspect

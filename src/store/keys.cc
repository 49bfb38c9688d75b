#include "store/impl/keys.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include "base/text.h"
#include "store/key_form.h"
#include "store/store.h"

namespace ostiary::store {

namespace {

// ost_<id>_<secret><crc>: 32 bytes are 43 digits of base 62, a CRC-32 is 6.
constexpr std::string_view kPrefix = "ost_", kInvitation = "ost_inv_";
constexpr std::size_t kId = 8, kSecret = 43, kCrc = 6;
constexpr std::size_t kSecretAt = kPrefix.size() + kId + 1, kCrcAt = kSecretAt + kSecret,
                      kLength = kCrcAt + kCrc;

constexpr auto kDigitOf = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (int i = 0; i < 10; ++i) table[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 26; ++i) table[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(10 + i);
  for (int i = 0; i < 26; ++i) table[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(36 + i);
  return table;
}();

std::int8_t digit_of(char c) {
  return kDigitOf[static_cast<unsigned char>(c)];
}

// Up to 10 digits as a number (62^10 < 2^60).
std::uint64_t number_of(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 62 + static_cast<std::uint64_t>(digit_of(c));
  return value;
}

// The big-endian bytes of a 43-digit number, ten digits at a time: a key is read with every request of the
// gate. Nothing where it does not fit into 32 bytes.
std::optional<Key256> secret_of(std::string_view digits) {
  std::array<std::uint64_t, 4> limbs{};  // least significant first
  while (!digits.empty()) {
    const auto part = digits.substr(0, 10);
    std::uint64_t scale = 1;
    for (std::size_t i = 0; i < part.size(); ++i) scale *= 62;
    unsigned __int128 carry = number_of(part);
    for (auto& limb : limbs) {
      carry += static_cast<unsigned __int128>(limb) * scale;
      limb = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    if (carry != 0) return std::nullopt;
    digits.remove_prefix(part.size());
  }
  Key256 bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(limbs[3 - i / 8] >> (56 - 8 * (i % 8)));
  return bytes;
}

Result<> check_name(std::string_view what, std::string_view name) {
  constexpr std::ptrdiff_t kLongest = 200;
  const auto characters =
      std::ranges::count_if(name, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  if (name.empty() || characters > kLongest)
    return fail(Code::invalid, fmt::format("the {} must be 1 to {} characters long", what, kLongest));
  // C1 controls are U+0080 to U+009F, c2 80 to c2 9f in UTF-8.
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const bool c1 = byte == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0;
    if (byte < 0x20 || byte == 0x7f || c1)
      return fail(Code::invalid, fmt::format("the {} must be text without control characters", what));
  }
  if (!text::is_utf8(name)) return fail(Code::invalid, fmt::format("the {} must be UTF-8", what));
  return {};
}

bool is_id(std::string_view text) {
  return text.size() == kId && std::ranges::all_of(text, [](char c) { return digit_of(c) >= 0; });
}

// The CRC-32 of all before it as six digits.
void append_crc(std::string& text) {
  const auto crc = crc32(text);
  const std::array<std::uint8_t, 4> bytes = {
      static_cast<std::uint8_t>(crc >> 24), static_cast<std::uint8_t>(crc >> 16),
      static_cast<std::uint8_t>(crc >> 8), static_cast<std::uint8_t>(crc)};
  text += base62(bytes, kCrc);
}

Digest digest_of(const Key256& secret) {
  return sha256({reinterpret_cast<const char*>(secret.data()), secret.size()});
}

}  // namespace

std::string random_base62(std::size_t n) {
  constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr std::uint8_t limit = 256 / 62 * 62;  // bytes from here on would favour the first digits
  std::string out;
  while (out.size() < n) {
    std::array<std::uint8_t, 16> bytes;
    random_bytes(bytes);
    for (const auto b : bytes)
      if (b < limit && out.size() < n) out += digits[b % 62];
  }
  return out;
}

FreshKey make_key(std::string_view id, const Key256& secret) {
  std::string text;
  text.reserve(kLength);
  text += kPrefix;
  text += id;
  text += '_';
  text += base62(secret, kSecret);
  append_crc(text);
  return {Secret(std::move(text)), digest_of(secret)};
}

FreshKey make_invitation(const Key256& secret) {
  std::string text(kInvitation);
  text += base62(secret, kSecret);
  append_crc(text);
  return {Secret(std::move(text)), digest_of(secret)};
}

std::optional<Digest> parse_invitation(std::string_view text) {
  if (text.size() != kInvitation.size() + kSecret + kCrc || !text.starts_with(kInvitation))
    return std::nullopt;
  const auto rest = text.substr(kInvitation.size());
  if (!std::ranges::all_of(rest, [](char c) { return digit_of(c) >= 0; })) return std::nullopt;
  if (number_of(rest.substr(kSecret)) != crc32(text.substr(0, text.size() - kCrc))) return std::nullopt;
  auto secret = secret_of(rest.substr(0, kSecret));
  if (!secret) return std::nullopt;
  const auto digest = digest_of(*secret);
  OPENSSL_cleanse(secret->data(), secret->size());
  return digest;
}

Result<std::string> key_id_of(std::string_view text) {
  auto id = text;
  if (id.starts_with(kPrefix)) {
    id.remove_prefix(kPrefix.size());
    id = id.substr(0, id.find('_'));
  }
  if (is_id(id)) return std::string(id);
  return fail(
      Code::invalid,
      fmt::format("a key's id is {} letters and digits: the part between ost_ and the next _; 'ostiary "
                  "key list' shows them",
                  kId));
}

Result<> check_key_owner(std::string_view team, std::string_view user) {
  TRY_VOID(check_name("team", team));
  return check_name("user", user);
}

std::optional<ParsedKey> parse_key(std::string_view text) {
  if (text.size() != kLength || !text.starts_with(kPrefix) || text[kSecretAt - 1] != '_') return std::nullopt;
  const auto id = text.substr(kPrefix.size(), kId), rest = text.substr(kSecretAt);
  if (!is_id(id) || !std::ranges::all_of(rest, [](char c) { return digit_of(c) >= 0; })) return std::nullopt;
  if (number_of(text.substr(kCrcAt)) != crc32(text.substr(0, kCrcAt))) return std::nullopt;
  auto secret = secret_of(rest.substr(0, kSecret));
  if (!secret) return std::nullopt;
  ParsedKey key{std::string(id), digest_of(*secret)};
  OPENSSL_cleanse(secret->data(), secret->size());
  return key;
}

}  // namespace ostiary::store

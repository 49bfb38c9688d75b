#include <algorithm>
#include <bit>
#include <fmt/format.h>

#include "base/text.h"
#include "inspect/impl/check_kinds.h"

namespace ostiary::inspect {

namespace {

constexpr std::size_t kMostAddress = 128;
constexpr std::string_view kBitcoin = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kRipple = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

// A number in base 58, one zero byte for each leading zero of the alphabet.
std::optional<std::string> decode_base58(std::string_view text, std::string_view alphabet) {
  if (text.empty() || text.size() > kMostAddress) return std::nullopt;
  std::vector<std::uint8_t> number;  // the lowest byte first
  for (const char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    auto carry = static_cast<std::uint32_t>(digit);
    for (auto& byte : number) {
      carry += static_cast<std::uint32_t>(byte) * 58;
      byte = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    if (carry > 0) number.push_back(static_cast<std::uint8_t>(carry));
  }
  const auto zeros = std::min(text.find_first_not_of(alphabet[0]), text.size());
  std::string out(zeros, '\0');
  out.append(number.rbegin(), number.rend());
  return out;
}

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool ends_with_digest(std::string_view bytes, const Digest& digest) {
  return bytes.substr(bytes.size() - 4) == bytes_of(digest).substr(0, 4);
}

Result<std::string> versions_of(CheckWords& words) {
  std::string out;
  const auto list = words.take_value("versions");
  if (!list) return out;
  for (const auto part : text::split(*list, ',')) {
    const auto byte = unhex(part);
    if (!byte || byte->size() != 1)
      return fail(Code::invalid, "versions= needs bytes in hex, such as 00,05", "check argument");
    out += *byte;
  }
  return out;
}

// Bitcoin's Base58Check (Developer Reference): the end is the beginning of the payload's double SHA-256. XRP
// Ledger addresses have an alphabet of their own.
Result<CheckStep> make_base58check(const catalog::Detector::Check&, CheckWords& words) {
  const auto alphabet = words.take("ripple") ? kRipple : kBitcoin;
  TRY(auto versions, versions_of(words));
  return CheckStep([alphabet, versions = std::move(versions)](std::string_view value) {
    const auto bytes = decode_base58(value, alphabet);
    if (!bytes || bytes->size() < 5) return false;
    if (!versions.empty() && versions.find((*bytes)[0]) == std::string::npos) return false;
    const auto once = sha256(std::string_view(*bytes).substr(0, bytes->size() - 4));
    return ends_with_digest(*bytes, sha256(bytes_of(once)));
  });
}

// Base58 (draft-msporny-base58) that decodes to a number of bytes: Solana's addresses are 32.
Result<CheckStep> make_base58(const catalog::Detector::Check&, CheckWords& words) {
  const auto bytes = text::parse_uint(words.take_value("bytes").value_or(""));
  if (!bytes) return fail(Code::invalid, "base58 needs the argument bytes=N", "check argument");
  return CheckStep([size = *bytes](std::string_view value) {
    const auto decoded = decode_base58(value, kBitcoin);
    return decoded && decoded->size() == size;
  });
}

std::uint32_t bech32_step(std::uint32_t state, std::uint32_t value) {
  constexpr std::uint32_t kGenerator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  const auto top = state >> 25;
  state = (state & 0x1ffffff) << 5 ^ value;
  for (unsigned i = 0; i < 5; ++i)
    if ((top >> i & 1) != 0) state ^= kGenerator[i];
  return state;
}

struct Bech32 {
  std::string prefix;
  std::vector<std::uint8_t> data;  // five bits each, without the checksum
  bool modified = false;           // bech32m
};

std::optional<Bech32> decode_bech32(std::string_view value) {
  constexpr std::string_view kCharacters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  constexpr std::uint32_t kPlain = 1, kModified = 0x2bc830a3;
  const auto lower = text::lower(value);
  const auto one = lower.rfind('1');
  if (value.size() > kMostAddress || one == 0 || one == std::string::npos || one + 7 > lower.size())
    return std::nullopt;
  const bool has_upper = std::ranges::any_of(value, is_upper);
  if (has_upper && std::ranges::any_of(value, [](char c) { return c >= 'a' && c <= 'z'; }))
    return std::nullopt;
  Bech32 out{lower.substr(0, one), {}, false};
  std::uint32_t state = 1;
  for (const char c : out.prefix) {
    if (c < '!' || c > '~') return std::nullopt;
    state = bech32_step(state, static_cast<unsigned char>(c) >> 5U);
  }
  state = bech32_step(state, 0);
  for (const char c : out.prefix) state = bech32_step(state, static_cast<unsigned char>(c) & 31U);
  for (const char c : lower.substr(one + 1)) {
    const auto v = kCharacters.find(c);
    if (v == std::string_view::npos) return std::nullopt;
    out.data.push_back(static_cast<std::uint8_t>(v));
    state = bech32_step(state, static_cast<std::uint32_t>(v));
  }
  if (state != kPlain && state != kModified) return std::nullopt;
  out.modified = state == kModified;
  out.data.resize(out.data.size() - 6);
  return out;
}

// BIP-141 and BIP-350: version 0 is in Bech32 and has 20 or 32 bytes, the others are in Bech32m and have 2
// to 40.
bool is_witness_program(const Bech32& address) {
  if (address.data.empty() || address.data[0] > 16) return false;
  const auto bits = (address.data.size() - 1) * 5;
  const auto bytes = bits / 8;
  const auto unused = bits % 8;
  if (unused >= 5 || (address.data.back() & ((1U << unused) - 1)) != 0) return false;
  if (address.data[0] == 0) return !address.modified && (bytes == 20 || bytes == 32);
  return address.modified && bytes >= 2 && bytes <= 40;
}

// BIP-173 (Bech32) and BIP-350 (Bech32m).
Result<CheckStep> make_bech32(const catalog::Detector::Check&, CheckWords& words) {
  std::vector<std::string> prefixes;
  if (const auto list = words.take_value("hrp"))
    for (const auto prefix : text::split(*list, ',')) prefixes.emplace_back(prefix);
  return CheckStep([prefixes = std::move(prefixes)](std::string_view value) {
    const auto address = decode_bech32(value);
    if (!address || prefixes.empty()) return address.has_value();
    return std::ranges::find(prefixes, address->prefix) != prefixes.end() && is_witness_program(*address);
  });
}

bool is_hex(char c) {
  return is_decimal(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// ERC-55: a letter is in upper case where the Keccak-256 of the address in lower case has a high half byte.
bool eip55_holds(std::string_view value, bool must_be_mixed) {
  if (value.starts_with("0x")) value.remove_prefix(2);
  if (value.size() != 40 || !std::ranges::all_of(value, is_hex)) return false;
  const auto lower = text::lower(value);
  const bool mixed = std::ranges::any_of(value, is_upper) &&
                     std::ranges::any_of(value, [](char c) { return c >= 'a' && c <= 'f'; });
  if (!mixed) return !must_be_mixed && lower.find_first_not_of(lower[0]) != std::string::npos;
  const auto digest = keccak256(lower);
  for (std::size_t i = 0; i < 40; ++i) {
    const auto half = digest[i / 2] >> (i % 2 == 0 ? 4U : 0U) & 15U;
    if (!is_decimal(value[i]) && is_upper(value[i]) != (half >= 8)) return false;
  }
  return true;
}

Result<CheckStep> make_eip55(const catalog::Detector::Check&, CheckWords& words) {
  return CheckStep(
      [mixed = words.take("mixed")](std::string_view value) { return eip55_holds(value, mixed); });
}

// CryptoNote standard 007, as Monero has it: blocks of 11 characters for 8 bytes, the last of 5 (or with a
// payment id 77 bytes in all); the end is the beginning of the Keccak-256 of what stands before.
bool monero_holds(std::string_view value) {
  if (value.size() != 95 && value.size() != 106) return false;
  std::string bytes;
  for (std::size_t at = 0; at < value.size(); at += 11) {
    const auto block = value.substr(at, 11);
    const std::size_t size = block.size() == 11 ? 8 : 5;
    const auto decoded = decode_base58(block, kBitcoin);
    if (!decoded) return false;
    const std::string_view significant =
        std::string_view(*decoded).substr(std::min(decoded->find_first_not_of('\0'), decoded->size()));
    if (significant.size() > size) return false;
    bytes.append(size - significant.size(), '\0').append(significant);
  }
  return ends_with_digest(bytes, keccak256(std::string_view(bytes).substr(0, bytes.size() - 4)));
}

constexpr CheckKind kKinds[] = {{"base58check", make_base58check},
                                {"base58", make_base58},
                                {"bech32", make_bech32},
                                {"eip55", make_eip55},
                                {"monero", plain<monero_holds>}};

using Lanes = std::array<std::uint64_t, 25>;

// FIPS 202, 3.2: the steps theta, rho and pi, chi, iota.
void permute(Lanes& a) {
  constexpr std::uint64_t kRounds[24] = {
      0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
      0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
      0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
      0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
      0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
  for (const auto constant : kRounds) {
    std::uint64_t c[5];
    for (std::size_t x = 0; x < 5; ++x) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (std::size_t i = 0; i < 25; ++i) a[i] ^= c[(i + 4) % 5] ^ std::rotl(c[(i + 1) % 5], 1);
    std::size_t x = 1, y = 0;
    auto moved = a[1];
    for (int t = 0; t < 24; ++t) {
      const auto next = (2 * x + 3 * y) % 5;
      x = y, y = next;
      const auto rotated = std::rotl(moved, (t + 1) * (t + 2) / 2 % 64);
      moved = a[x + 5 * y];
      a[x + 5 * y] = rotated;
    }
    for (std::size_t row = 0; row < 25; row += 5) {
      std::uint64_t b[5];
      std::copy_n(a.begin() + static_cast<std::ptrdiff_t>(row), 5, b);
      for (std::size_t i = 0; i < 5; ++i) a[row + i] = b[i] ^ (~b[(i + 1) % 5] & b[(i + 2) % 5]);
    }
    a[0] ^= constant;
  }
}

}  // namespace

Digest keccak256(std::string_view bytes) {
  constexpr std::size_t kRate = 136;
  std::string padded(bytes);
  padded += '\x01';
  padded.resize((padded.size() + kRate - 1) / kRate * kRate, '\0');
  padded.back() = static_cast<char>(static_cast<unsigned char>(padded.back()) | 0x80U);
  Lanes lanes{};
  for (std::size_t at = 0; at < padded.size(); at += kRate) {
    for (std::size_t i = 0; i < kRate; ++i)
      lanes[i / 8] ^= static_cast<std::uint64_t>(static_cast<unsigned char>(padded[at + i])) << (i % 8 * 8);
    permute(lanes);
  }
  Digest out;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(lanes[i / 8] >> (i % 8 * 8));
  return out;
}

std::span<const CheckKind> address_checks() {
  return kKinds;
}

}  // namespace ostiary::inspect

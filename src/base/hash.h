#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ostiary {

using Digest = std::array<std::uint8_t, 32>;
using Key256 = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4), incremental. About 1.5 GB/s where the processor has SHA instructions.
class Sha256 {
 public:
  Sha256();
  void update(std::string_view bytes);
  void update(std::span<const std::uint8_t> bytes);
  Digest finish();  // the object may not be used afterwards

 private:
  alignas(8) std::array<std::byte, 112> state_;  // SHA256_CTX
};

// HMAC-SHA-256 (RFC 2104), incremental: one pass over the data, however it arrives.
class HmacSha256 {
 public:
  explicit HmacSha256(const Key256& key);
  void update(std::string_view bytes) { inner_.update(bytes); }
  Digest finish();

 private:
  Sha256 inner_;
  Sha256 outer_;
};

Digest sha256(std::string_view bytes);
Digest hmac_sha256(const Key256& key, std::string_view bytes);
std::uint32_t crc32(std::string_view bytes);  // ISO-HDLC, as in zip and PNG
bool equal_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

std::string hex(std::span<const std::uint8_t> bytes);  // lower case
void append_hex(std::string& out, std::span<const std::uint8_t> bytes);
std::optional<std::string> unhex(std::string_view text);
std::string base64(std::string_view bytes);  // RFC 4648 section 4, padded
inline std::string base64(std::span<const std::uint8_t> b) {
  return base64({reinterpret_cast<const char*>(b.data()), b.size()});
}
std::optional<std::string> unbase64(std::string_view text);  // strict: padded, no blanks, no stray bits
std::string base62(std::span<const std::uint8_t> bytes, std::size_t width);  // big-endian number, zero-padded
std::optional<std::string> unbase62(std::string_view text, std::size_t bytes);

// Bytes from the kernel's generator (getrandom), buffered per thread.
void random_bytes(std::span<std::uint8_t> out);
Key256 random_key();

// Ed25519 (RFC 8032). The private key is its 32-byte seed.
struct Ed25519 {
  static Digest public_key(const Key256& seed);
  static std::array<std::uint8_t, 64> sign(const Key256& seed, std::string_view message);
  static bool verify(const Digest& public_key, std::string_view message,
                     std::span<const std::uint8_t> signature);
};

}  // namespace ostiary

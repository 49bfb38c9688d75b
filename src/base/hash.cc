#define OPENSSL_API_COMPAT \
  0x10101000L  // the plain SHA256_* calls: EVP costs more than the hash of a small record
#include "base/hash.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sys/random.h>
#include <vector>
#include <zlib.h>

namespace ostiary {

namespace {
SHA256_CTX* ctx(std::array<std::byte, 112>& state) {
  return reinterpret_cast<SHA256_CTX*>(state.data());
}
static_assert(sizeof(SHA256_CTX) <= 112);

constexpr char kHex[] = "0123456789abcdef";
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kBase62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

struct FreePkey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeMdCtx {
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};
using Pkey = std::unique_ptr<EVP_PKEY, FreePkey>;
using MdCtx = std::unique_ptr<EVP_MD_CTX, FreeMdCtx>;
}  // namespace

Sha256::Sha256() {
  SHA256_Init(ctx(state_));
}
void Sha256::update(std::string_view bytes) {
  SHA256_Update(ctx(state_), bytes.data(), bytes.size());
}
void Sha256::update(std::span<const std::uint8_t> bytes) {
  SHA256_Update(ctx(state_), bytes.data(), bytes.size());
}

Digest Sha256::finish() {
  Digest out;
  SHA256_Final(out.data(), ctx(state_));
  return out;
}

HmacSha256::HmacSha256(const Key256& key) {
  std::array<std::uint8_t, 64> pad;
  pad.fill(0x36);
  for (std::size_t i = 0; i < key.size(); ++i) pad[i] ^= key[i];
  inner_.update(pad);
  for (auto& b : pad) b ^= 0x36 ^ 0x5c;
  outer_.update(pad);
}

Digest HmacSha256::finish() {
  const Digest inner = inner_.finish();
  outer_.update(inner);
  return outer_.finish();
}

Digest sha256(std::string_view bytes) {
  Sha256 h;
  h.update(bytes);
  return h.finish();
}

Digest hmac_sha256(const Key256& key, std::string_view bytes) {
  HmacSha256 h(key);
  h.update(bytes);
  return h.finish();
}

std::uint32_t crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

bool equal_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  const auto at = out.size();
  out.resize(at + bytes.size() * 2);
  char* p = out.data() + at;
  for (const auto b : bytes) {
    *p++ = kHex[b >> 4];
    *p++ = kHex[b & 15];
  }
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

std::optional<std::string> unhex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = value(text[i]), low = value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) {
      return i + k < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])) : 0U;
    };
    const std::uint32_t v = at(0) << 16 | at(1) << 8 | at(2);
    out += kBase64[v >> 18];
    out += kBase64[v >> 12 & 63];
    out += i + 1 < bytes.size() ? kBase64[v >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kBase64[v & 63] : '=';
  }
  return out;
}

std::optional<std::string> unbase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t v = 0;
    int pad = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const char c = text[i + k];
      const char* found = c == '\0' ? nullptr : std::strchr(kBase64, c);
      if (c == '=' && k >= 2 && i + 4 == text.size()) {
        ++pad;
        v <<= 6;
      } else if (found && pad == 0) {
        v = v << 6 | static_cast<std::uint32_t>(found - kBase64);
      } else {
        return std::nullopt;
      }
    }
    out.push_back(static_cast<char>(v >> 16));
    if (pad < 2) out.push_back(static_cast<char>(v >> 8));
    if (pad < 1) out.push_back(static_cast<char>(v));
    if ((pad == 2 && (v & 0xffff) != 0) || (pad == 1 && (v & 0xff) != 0)) return std::nullopt;
  }
  return out;
}

std::string base62(std::span<const std::uint8_t> bytes, std::size_t width) {
  std::vector<std::uint8_t> number(bytes.begin(), bytes.end());
  std::string out(width, '0');
  for (std::size_t k = width; k-- > 0;) {
    std::uint32_t rest = 0;
    for (auto& b : number) {
      const std::uint32_t v = rest << 8 | b;
      b = static_cast<std::uint8_t>(v / 62);
      rest = v % 62;
    }
    out[k] = kBase62[rest];
  }
  return out;
}

std::optional<std::string> unbase62(std::string_view text, std::size_t bytes) {
  std::string out(bytes, '\0');
  for (const char c : text) {
    const char* found = c == '\0' ? nullptr : std::strchr(kBase62, c);
    if (!found) return std::nullopt;
    auto carry = static_cast<std::uint32_t>(found - kBase62);
    for (std::size_t k = bytes; k-- > 0;) {
      const std::uint32_t v = static_cast<std::uint32_t>(static_cast<unsigned char>(out[k])) * 62 + carry;
      out[k] = static_cast<char>(v);
      carry = v >> 8;
    }
    if (carry != 0) return std::nullopt;
  }
  return out;
}

void random_bytes(std::span<std::uint8_t> out) {
  thread_local std::array<std::uint8_t, 4096> pool;
  thread_local std::size_t used = pool.size();
  while (!out.empty()) {
    if (used == pool.size()) {
      std::size_t got = 0;
      while (got < pool.size()) {
        const auto n = ::getrandom(pool.data() + got, pool.size() - got, 0);
        if (n > 0)
          got += static_cast<std::size_t>(n);
        else if (errno != EINTR)
          std::abort();  // a system without randomness can hold no secret
      }
      used = 0;
    }
    const auto n = std::min(out.size(), pool.size() - used);
    std::memcpy(out.data(), pool.data() + used, n);
    OPENSSL_cleanse(pool.data() + used, n);
    used += n;
    out = out.subspan(n);
  }
}

Key256 random_key() {
  Key256 key;
  random_bytes(key);
  return key;
}

Digest Ed25519::public_key(const Key256& seed) {
  const Pkey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  Digest out{};
  std::size_t size = out.size();
  EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size);
  return out;
}

std::array<std::uint8_t, 64> Ed25519::sign(const Key256& seed, std::string_view message) {
  const Pkey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  const MdCtx md(EVP_MD_CTX_new());
  std::array<std::uint8_t, 64> out{};
  std::size_t size = out.size();
  if (EVP_DigestSignInit(md.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(md.get(), out.data(), &size, reinterpret_cast<const unsigned char*>(message.data()),
                     message.size()) != 1)
    std::abort();  // a valid seed always signs
  return out;
}

bool Ed25519::verify(const Digest& public_key, std::string_view message,
                     std::span<const std::uint8_t> signature) {
  const Pkey key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()));
  const MdCtx md(EVP_MD_CTX_new());
  return key && signature.size() == 64 &&
         EVP_DigestVerifyInit(md.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(md.get(), signature.data(), signature.size(),
                          reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
}

}  // namespace ostiary

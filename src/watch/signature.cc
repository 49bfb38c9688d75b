#include "watch/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hash.h"
#include "base/text.h"

namespace ostiary::watch {

namespace {

constexpr std::string_view kPrefix = "whsec_", kVersion = "v1,", kGithub = "sha256=";
constexpr std::size_t kLeastKey = 24, kMostKey = 64;  // bytes, as the specification has it
constexpr std::size_t kMostSignatures = 16;

Digest hmac(std::string_view key, std::string_view message) {
  Digest out{};
  unsigned size = 0;
  ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(message.data()), message.size(), out.data(), &size);
  return out;
}

bool same(std::string_view a, std::string_view b) {
  const auto bytes = [](std::string_view s) {
    return std::span(reinterpret_cast<const std::uint8_t*>(s.data()), s.size());
  };
  return a.size() == b.size() && equal_constant_time(bytes(a), bytes(b));
}

// Texts of any length, without telling how long the first is.
bool same_text(std::string_view a, std::string_view b) {
  const auto x = sha256(a), y = sha256(b);
  return equal_constant_time(x, y);
}

std::unexpected<Error> refused(std::string_view what) {
  return fail(Code::denied, std::string(what));
}

}  // namespace

Result<SigningSecret> SigningSecret::parse(const Secret& text) {
  const auto given = text.reveal();
  if (given.starts_with(kPrefix))
    if (auto key = unbase64(given.substr(kPrefix.size()));
        key && key->size() >= kLeastKey && key->size() <= kMostKey)
      return SigningSecret(Secret(std::move(*key)));
  return fail(Code::invalid,
              "must be whsec_ and the base64 of 24 to 64 bytes; make one with: echo whsec_$(openssl rand "
              "-base64 32)");
}

std::string SigningSecret::sign(std::string_view id, std::int64_t timestamp, std::string_view body) const {
  std::string message;
  message.reserve(id.size() + body.size() + 24);
  ((((message += id) += '.') += std::to_string(timestamp)) += '.') += body;
  return std::string(kVersion) + base64(hmac(key_.reveal(), message));
}

std::string signature_header(std::span<const SigningSecret> secrets, std::string_view id,
                             std::int64_t timestamp, std::string_view body) {
  std::string header;
  for (const auto& secret : secrets) {
    if (!header.empty()) header += ' ';
    header += secret.sign(id, timestamp, body);
  }
  return header;
}

Result<> verify_standard(std::span<const SigningSecret> secrets, std::string_view id,
                         std::string_view timestamp, std::string_view signatures, std::string_view body,
                         WallMs now) {
  if (id.empty() || timestamp.empty() || signatures.empty())
    return refused("webhook-id, webhook-timestamp and webhook-signature are needed");
  const auto at = text::parse_uint(timestamp);
  constexpr std::uint64_t kLast = 1ULL << 40;
  if (!at || *at > kLast) return refused("webhook-timestamp must be seconds since 1970");
  const auto seconds = static_cast<std::int64_t>(*at);
  bool good = false;
  const auto given = text::split(signatures, ' ');
  for (std::size_t i = 0; i < given.size() && i < kMostSignatures; ++i)
    for (const auto& secret : secrets) good |= same(given[i], secret.sign(id, seconds, body));
  if (!good) return refused("the signature is not good");
  const auto off = now / 1000 - seconds;
  if (off > kTolerance || off < -kTolerance)
    return refused("webhook-timestamp is more than five minutes from this machine's time");
  return {};
}

Result<> verify_github(std::span<const Secret> secrets, std::string_view header, std::string_view body) {
  if (header.empty()) return refused("X-Hub-Signature-256 is needed: set a secret for the webhook");
  bool good = false;
  for (const auto& secret : secrets)
    good |= same(header, std::string(kGithub) + hex(hmac(secret.reveal(), body)));
  if (!good) return refused("the signature is not good");
  return {};
}

Result<> verify_token(std::span<const Secret> secrets, std::string_view header) {
  if (header.empty()) return refused("X-Gitlab-Token is needed: set a secret token for the webhook");
  bool good = false;
  for (const auto& secret : secrets) good |= same_text(header, secret.reveal());
  if (!good) return refused("the token is not good");
  return {};
}

}  // namespace ostiary::watch

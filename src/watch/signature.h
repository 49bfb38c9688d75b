#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace ostiary::watch {

// Signatures of webhooks: HMAC-SHA-256 (RFC 2104) as three conventions have it.
//
// Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md), which
// we sign by and which the generic form and GitLab's signing token are: the secret is "whsec_" and the base64
// of 24 to 64 bytes; what is signed is "ID.TIMESTAMP.BODY"; the header webhook-signature holds one or more
// "v1,BASE64", parted by blanks.
class SigningSecret {
 public:
  // `invalid` in words that do not repeat the text.
  static Result<SigningSecret> parse(const Secret& text);
  // "v1," and the base64 of the signature. `timestamp`: seconds since 1970.
  std::string sign(std::string_view id, std::int64_t timestamp, std::string_view body) const;

 private:
  explicit SigningSecret(Secret key) : key_(std::move(key)) {}
  Secret key_;
};

// What webhook-signature holds: one signature for each secret, the first secret's first.
std::string signature_header(std::span<const SigningSecret> secrets, std::string_view id,
                             std::int64_t timestamp, std::string_view body);

inline constexpr std::int64_t kTolerance = 300;  // seconds that a timestamp may be off, either way

// Whether a message is signed with one of the secrets, and of about now. Errors: `denied`, which say nothing
// that a stranger does not know. In constant time for signatures of the right length.
Result<> verify_standard(std::span<const SigningSecret> secrets, std::string_view id,
                         std::string_view timestamp, std::string_view signatures, std::string_view body,
                         WallMs now);

// GitHub (docs.github.com, "Validating webhook deliveries"): X-Hub-Signature-256 is "sha256=" and the
// hexadecimal HMAC of the body. The secret is used as it is.
Result<> verify_github(std::span<const Secret> secrets, std::string_view header, std::string_view body);

// GitLab (docs.gitlab.com, "Webhooks"): X-Gitlab-Token is the secret itself.
Result<> verify_token(std::span<const Secret> secrets, std::string_view header);

}  // namespace ostiary::watch

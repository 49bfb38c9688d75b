#include "base/secret.h"

#include <openssl/crypto.h>

namespace ostiary {

Secret::~Secret() {
  OPENSSL_cleanse(value_.data(), value_.size());
}

std::string masked(std::string_view secret) {
  if (secret.size() < 16) return "…";
  return std::string(secret.substr(0, 3)) + "…" + std::string(secret.substr(secret.size() - 4));
}

}  // namespace ostiary

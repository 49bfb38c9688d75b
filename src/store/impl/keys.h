#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/secret.h"

namespace ostiary::store {

// `n` random characters of [0-9A-Za-z], each equally likely.
std::string random_base62(std::size_t n);

// A key's text and the hash that is kept of it, from 32 random bytes.
struct FreshKey {
  Secret text;
  Digest secret_sha256{};
};
FreshKey make_key(std::string_view id, const Key256& secret);

// The same for an invitation, ost_inv_<secret><crc>, and back: what is kept of the text, where it is one.
FreshKey make_invitation(const Key256& secret);
std::optional<Digest> parse_invitation(std::string_view text);

}  // namespace ostiary::store

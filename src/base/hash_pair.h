#pragma once

#include <string_view>

#include "base/hash.h"

namespace ostiary {

// SHA-256 and HMAC-SHA-256 of two messages at a time. One message leaves a processor's SHA unit waiting for
// itself between rounds; two unrelated ones, taken in turns, go through in little more than the time of the
// longer. Where the processor has no SHA instructions the two are hashed one after the other. Pure functions;
// results equal sha256() and hmac_sha256().
void sha256_pair(std::string_view a, std::string_view b, Digest& digest_a, Digest& digest_b);
void hmac_sha256_pair(const Key256& key_a, std::string_view a, const Key256& key_b, std::string_view b,
                      Digest& digest_a, Digest& digest_b);

}  // namespace ostiary

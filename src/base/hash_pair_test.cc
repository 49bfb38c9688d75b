#include "base/hash_pair.h"

#include <gtest/gtest.h>
#include <string>

namespace ostiary {
namespace {

std::string text_of(std::size_t size, unsigned seed) {
  std::string out(size, '\0');
  for (auto& c : out) c = static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
  return out;
}

TEST(HashPair, EachOfTwoMessagesHasTheDigestItHasAlone) {
  // Every length around the ends of blocks and of padding, with every other.
  for (const std::size_t a : {0, 1, 31, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 500, 1024, 40'000}) {
    for (const std::size_t b : {0, 1, 55, 56, 63, 64, 65, 127, 128, 129, 937, 32'768}) {
      const std::string text_a = text_of(a, 1), text_b = text_of(b, 2);
      Digest digest_a{}, digest_b{};
      sha256_pair(text_a, text_b, digest_a, digest_b);
      EXPECT_EQ(digest_a, sha256(text_a)) << a << " with " << b;
      EXPECT_EQ(digest_b, sha256(text_b)) << b << " with " << a;
    }
  }
}

TEST(HashPair, EachOfTwoMessagesHasTheKeyedDigestItHasAlone) {
  const Key256 key_a = random_key(), key_b = random_key();
  for (const std::size_t a : {0, 1, 55, 56, 64, 1000, 33'000}) {
    for (const std::size_t b : {0, 63, 64, 119, 120, 2000}) {
      const std::string text_a = text_of(a, 3), text_b = text_of(b, 4);
      Digest digest_a{}, digest_b{};
      hmac_sha256_pair(key_a, text_a, key_b, text_b, digest_a, digest_b);
      EXPECT_EQ(digest_a, hmac_sha256(key_a, text_a)) << a << " with " << b;
      EXPECT_EQ(digest_b, hmac_sha256(key_b, text_b)) << b << " with " << a;
    }
  }
}

TEST(HashPair, AMessageMayStandAtAnyAddress) {
  const std::string text = text_of(300, 5);
  for (std::size_t shift = 0; shift < 17; ++shift) {
    Digest digest_a{}, digest_b{};
    sha256_pair(std::string_view(text).substr(shift), std::string_view(text).substr(0, 300 - shift), digest_a,
                digest_b);
    EXPECT_EQ(digest_a, sha256(std::string_view(text).substr(shift)));
    EXPECT_EQ(digest_b, sha256(std::string_view(text).substr(0, 300 - shift)));
  }
}

}  // namespace
}  // namespace ostiary

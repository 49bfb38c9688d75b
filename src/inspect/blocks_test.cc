#include "inspect/impl/blocks.h"

#include <array>
#include <gtest/gtest.h>
#include <random>

namespace ostiary::inspect {
namespace {

TEST(Blocks, AreTheSameOnEveryProcessor) {
  std::mt19937 random(64);
  for (int round = 0; round < 20'000; ++round) {
    std::array<char, kBlock> bytes{};
    for (auto& c : bytes) c = static_cast<char>(round % 2 == 0 ? random() : random() % 128);
    const auto plain = plain_block_of(bytes.data());
    if (kWideBlocks) ASSERT_EQ(wide_block_of(bytes.data()), plain);
    for (unsigned i = 0; i < kBlock; ++i) {
      const auto c = static_cast<unsigned char>(bytes[i]);
      const auto in = [i](std::uint64_t bits) { return (bits >> i & 1) != 0; };
      ASSERT_EQ(in(plain.lower), c >= 'a' && c <= 'z') << int{c};
      ASSERT_EQ(in(plain.upper), c >= 'A' && c <= 'Z') << int{c};
      ASSERT_EQ(in(plain.digits), c >= '0' && c <= '9') << int{c};
      ASSERT_EQ(in(plain.beyond), c >= 0x80) << int{c};
      ASSERT_EQ(in(plain.leads), c >= 0xc0) << int{c};
      ASSERT_EQ(in(plain.backslashes), c == '\\') << int{c};
    }
  }
}

}  // namespace
}  // namespace ostiary::inspect

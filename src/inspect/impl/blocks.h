#pragma once

#include <cstddef>
#include <cstdint>

namespace ostiary::inspect {

inline constexpr std::size_t kBlock = 64;  // bytes

// What the bytes of a block are; bit i is byte i.
struct Block {
  std::uint64_t upper = 0, lower = 0, digits = 0;
  std::uint64_t beyond = 0, leads = 0;  // of characters beyond ASCII, and the first bytes of them
  std::uint64_t base64 = 0;             // letters, digits, + / - _
  std::uint64_t backslashes = 0;
  std::uint64_t signs = 0;  // @ % & = and backslashes

  std::uint64_t letters() const { return upper | lower; }
  bool operator==(const Block&) const = default;
  std::uint64_t parts() const { return upper | lower | digits | beyond; }  // of words
};

// The same on every processor, and with AVX2 where that is there. `bytes` has at least kBlock readable bytes.
Block plain_block_of(const char* bytes);
Block wide_block_of(const char* bytes);
extern const bool kWideBlocks;  // the processor has AVX2

inline Block block_of(const char* bytes) {
  return kWideBlocks ? wide_block_of(bytes) : plain_block_of(bytes);
}

}  // namespace ostiary::inspect

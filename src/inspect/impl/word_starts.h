#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "inspect/impl/blocks.h"

namespace ostiary::inspect {

// Where a part of a word begins: behind what is none, behind a digit, at a capital letter behind a small one
// or before one, behind an escape such as \n, at each character of scripts without blanks. `before`: the
// block before; `next_lower`: the byte behind the block is a small letter.
inline std::uint64_t word_starts(const Block& b, const Block& before, bool next_lower) {
  const auto behind = [](std::uint64_t now, std::uint64_t earlier, unsigned n = 1) {
    return now << n | earlier >> (64 - n);
  };
  const auto parts = b.parts(), letters = b.letters();
  return (parts & ~behind(parts, before.parts())) | (letters & behind(b.digits, before.digits)) |
         (b.upper &
          (behind(b.lower, before.lower) | b.lower >> 1 | static_cast<std::uint64_t>(next_lower) << 63)) |
         (parts & behind(b.backslashes, before.backslashes, 2)) |
         ((letters | b.digits) & behind(b.beyond, before.beyond)) | b.leads;
}

// Reads a text from an offset on and gives where parts of words begin, ascending, some at a time.
class WordStarts {
 public:
  static constexpr std::size_t kAtOnce = 1024;  // bytes
  WordStarts(std::string_view text, std::size_t from) : text_(text), at_(from) {
    // Of the block before only the last two bytes count.
    for (std::size_t back = 1; back <= std::min<std::size_t>(from, 2); ++back)
      add(static_cast<unsigned char>(text[from - back]), std::uint64_t{1} << (kBlock - back));
  }
  bool more() const { return at_ < text_.size(); }
  // Those of the next bytes. Whether a capital letter at the very end begins a part is not known yet; it is
  // told as one. Valid until the next call. Calls see(offset, block) for each block; behind the end of the
  // text bytes of it are NUL.
  template <class See>
  std::span<const std::uint32_t> next(See&& see) {
    auto* out = starts_.data();
    const auto stop = std::min(text_.size(), at_ + kAtOnce);
    for (; at_ < stop && at_ + kBlock < text_.size(); at_ += kBlock) {
      const char behind = text_[at_ + kBlock];
      out = take(text_.data() + at_, behind >= 'a' && behind <= 'z', see, out);
    }
    if (at_ < stop) {
      std::array<char, kBlock> rest{};
      std::memcpy(rest.data(), text_.data() + at_, text_.size() - at_);
      out = take(rest.data(), true, see, out);
      at_ = text_.size();
    }
    return {starts_.data(), out};
  }
  std::span<const std::uint32_t> next() {
    return next([](std::size_t, const Block&) {});
  }

 private:
  void add(unsigned char c, std::uint64_t bit) {
    const auto letter = c | 0x20;
    if (c >= '0' && c <= '9') before_.digits |= bit;
    if (letter >= 'a' && letter <= 'z') ((c & 0x20) != 0 ? before_.lower : before_.upper) |= bit;
    if (c >= 0x80) before_.beyond |= bit;
    if (c == '\\') before_.backslashes |= bit;
  }
  template <class See>
  std::uint32_t* take(const char* bytes, bool next_lower, See& see, std::uint32_t* out) {
    const auto block = block_of(bytes);
    see(at_, block);
    out = put(word_starts(block, before_, next_lower), out);
    before_ = block;
    return out;
  }
  // Eight at a time whether there are as many or not, which costs less than asking for each.
  std::uint32_t* put(std::uint64_t bits, std::uint32_t* out) const {
    auto* const end = out + std::popcount(bits);
    for (; bits != 0; out += 8)
      for (unsigned i = 0; i < 8; ++i) {
        out[i] = static_cast<std::uint32_t>(at_) +
                 static_cast<std::uint32_t>(std::countr_zero(bits | std::uint64_t{1} << 63));
        bits &= bits - 1;
      }
    return end;
  }
  std::string_view text_;
  std::size_t at_;
  Block before_;
  std::array<std::uint32_t, kAtOnce + kBlock> starts_;
};

}  // namespace ostiary::inspect

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ostiary::license {

// A word as the matching guidelines see it (SPDX 3.0.1, annex C): its hash once case, punctuation and
// spelling are levelled, and its bytes in the text.
struct Word {
  std::uint32_t hash = 0;
  std::uint32_t start = 0, end = 0;
};

constexpr std::uint32_t add_to_word(std::uint32_t hash, unsigned char lower) {
  return (hash ^ lower) * 0x01000193U;
}
constexpr std::uint32_t kNoWord = 0x811c9dc5U;

// Of one word in small letters, as words_of would give it where it has but one spelling.
constexpr std::uint32_t word_hash(std::string_view lower) {
  std::uint32_t hash = kNoWord;
  for (const char c : lower) hash = add_to_word(hash, static_cast<unsigned char>(c));
  return hash;
}

// The words of a text in UTF-8, Latin-1 or CP1252, at most 4 GiB. Left out, as the guidelines say: what is no
// letter and no digit, numbers and letters of list items at the beginning of a line, lines of copyright
// notices and "All rights reserved". Linear.
void words_of(std::string_view text, std::vector<Word>& out);

// Words of one shingle: the unit that candidates are found by.
constexpr std::size_t kShingle = 5;
constexpr std::uint32_t kShingleBase = 0x9E3779B1U;

// The hash of kShingle words in a row; `word(i)` gives the hash of the i-th.
template <class At>
std::uint32_t shingle(At word) {
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < kShingle; ++i) hash = hash * kShingleBase + word(i);
  hash ^= hash >> 15U;
  hash *= 0x2c1b3c6dU;
  return hash ^ hash >> 13U;
}

// Which shingles a fingerprint keeps: one of eight, by the hash itself, so that every text keeps the same.
constexpr bool in_fingerprint(std::uint32_t shingle) {
  return (shingle & 7U) == 0;
}

}  // namespace ostiary::license

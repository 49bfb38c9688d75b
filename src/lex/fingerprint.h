#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "lex/token.h"

namespace ostiary::lex {

// Code as it is compared, whatever its language: tokens without comments, blanks, semicolons and lines that
// import. Read with the generic lexer, since who pastes code does not say what it is.
struct Item {
  std::uint64_t exact = 0;   // keyed hash of the token; of a string, of what stands between its quotes
  std::uint64_t symbol = 0;  // the same where identifiers, strings and numbers are each alike
  std::uint32_t previous =
      0;                   // of an identifier: how many items before it stood last; 0: not within a window
  std::uint32_t next = 0;  // the same towards the end
  std::uint32_t line = 0;  // from 1
  Kind kind = Kind::punctuation;
  std::uint64_t start = 0, end = 0;  // in the text
};

// kWindow items that follow on one another.
struct Window {
  std::uint64_t renamed = 0;  // hash that stays when identifiers are renamed consistently, strings and
                              // numbers changed
  std::uint32_t exact = 0;    // hash of the items as they are
  std::uint32_t first = 0;    // index of the first item
  bool telling = false;       // not a table, a list or prose
  bool repeats = false;  // the same few items again and again but for names: tells only where it is exact
};

// Makes windows of texts. What it gives depends on a key, so that hashes cannot be looked up elsewhere. For
// any number of threads.
class Fingerprints {
 public:
  static constexpr std::size_t kWindow = 24;

  explicit Fingerprints(const Key256& key);
  // Time is linear in the text, memory in its tokens.
  std::vector<Item> items(std::string_view text) const;
  std::vector<Window> windows(std::span<const Item> items) const;

 private:
  struct Rolling;
  std::uint64_t hash(std::string_view bytes) const;
  std::uint64_t symbol_of(std::uint32_t distance) const;
  void link(std::vector<Item>& items) const;

  std::uint64_t seed_ = 0, base_ = 1, inverse_ = 1, last_ = 0, word_ = 0;
};

// Of windows in a row, those to keep (indexes, ascending): in each run of `width` the one with the least
// hash, of equals the last (Schleimer, Wilkerson, Aiken: Winnowing, 2003). Two texts that share kWindow +
// width - 1 items then share a kept window.
std::vector<std::uint32_t> winnowed(std::span<const Window> windows, std::size_t width);

}  // namespace ostiary::lex

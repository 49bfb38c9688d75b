#pragma once

#include <cstdint>

namespace ostiary::lex {

enum class Kind : std::uint8_t { identifier, keyword, number, string, comment, punctuation };

// One token of a source text: bytes [start, end) of it, quotes and comment marks included. Blanks are none;
// of punctuation each byte is one.
struct Token {
  Kind kind = Kind::punctuation;
  std::uint64_t start = 0, end = 0;
  bool operator==(const Token&) const = default;
};

const char* name(Kind kind);

}  // namespace ostiary::lex

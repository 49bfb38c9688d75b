#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "inspect/pattern.h"

namespace ostiary::inspect {

// A parsed regular expression, as a tree in one vector.
struct Expression {
  enum class Kind : std::uint8_t { empty, bytes, sequence, choice, repeat };
  struct Node {
    Kind kind = Kind::empty;
    ByteSet bytes;                        // of `bytes`: one byte of these
    std::vector<std::uint32_t> children;  // of sequence and choice; of repeat the one
    std::uint32_t least = 0;
    std::uint32_t most = 0;  // kUnbounded: no end
  };
  static constexpr std::uint32_t kUnbounded = UINT32_MAX;
  std::vector<Node> nodes;
  std::uint32_t root = 0;
};

// `invalid` with "column N" (from 1) where the syntax is not that of Pattern.
Result<Expression> parse_expression(std::string_view text, bool any_case);

}  // namespace ostiary::inspect

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::license {

// A licence expression (SPDX 3.0.1, annex B), as a tree in postfix order: walk `nodes` with a stack, a leaf
// pushes one value, AND and OR take two. Depth costs no stack of the thread.
struct Expression {
  enum class Op : std::uint8_t { leaf, all, choice };  // a licence, AND, OR

  struct Leaf {
    std::string license;    // as the SPDX list writes it; LicenseRef-… and DocumentRef-…:LicenseRef-… as read
    bool or_later = false;  // "+" behind it
    std::string exception;  // behind WITH; empty: none
    bool listed = true;     // it stands on the SPDX list, and its exception too where it has one
    std::size_t start = 0, end = 0;  // bytes of the text that was read

    std::string text() const;
  };

  struct Node {
    Op op = Op::leaf;
    std::size_t leaf = 0;  // index into `leaves`
  };

  std::vector<Node> nodes;
  std::vector<Leaf> leaves;

  // Operators in capitals, one blank between words, parentheses only where precedence asks for them.
  std::string text() const;
};

struct ExpressionRules {
  bool unlisted = false;  // ids that are neither on the SPDX list nor references are taken as they are
  bool loose = false;     // "MIT/Apache-2.0" (Cargo's old form) and "MIT, Zlib" too: a choice, and all
  bool modern = true;     // deprecated ids become what says the same today
};

// Reads an expression: ids in any case, operators all in capitals or all in small letters. Errors are
// `invalid`, or `too_large` for more than 64 KiB, 4,096 licences or 256 parentheses within one another, with
// where = "column N", in bytes from 1, and a near id where there is one. Linear in its length.
Result<Expression> parse_expression(std::string_view text, const ExpressionRules& rules = {});

// The SPDX id or expression of a name in Debian's form (copyright-format 1.0, section 7.1): "GPL-2+",
// "Expat", "BSD-3-clause", "GPL-2+ with OpenSSL exception"; nothing where it is not one of those that are
// known.
std::optional<std::string> spdx_of_debian(std::string_view name);

}  // namespace ostiary::license

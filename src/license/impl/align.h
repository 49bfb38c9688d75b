#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "license/impl/index.h"
#include "license/impl/words.h"

namespace ostiary::license {

// A shingle that stands in both: at word `at` of what is read, at token `position` of the text.
struct Anchor {
  std::uint32_t at = 0, position = 0;
};

// How words that were read differ from a text of the index.
struct Alignment {
  std::size_t first = 0, end = 0;  // words that belong to the text, half open
  std::size_t matched = 0, missing = 0, inserted = 0;
  bool vetoed = false;  // a difference makes it another licence, however small it is

  std::size_t cost() const { return missing + inserted; }
  double similarity() const {
    return matched == 0 ? 0 : static_cast<double>(matched) / static_cast<double>(matched + cost());
  }
};

// Aligns words with a text, from anchors that rise in both numbers; there must be one. What is optional may
// be left out and what is variable replaced (SPDX 3.0.1, annex C). Gives up, with a great cost, where more
// than an eighth differs. About linear: stretches without anchors are compared only while they are short.
Alignment align(const Index& index, const Entry& entry, std::span<const Word> words,
                std::span<const Anchor> anchors);

}  // namespace ostiary::license

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "license/impl/align.h"
#include "license/impl/index.h"
#include "license/impl/words.h"

namespace ostiary::license {

// A text of the index that stands in what was read.
struct Standing {
  std::size_t entry = 0;
  std::size_t first = 0, end = 0;  // words
  std::size_t matched = 0, cost = 0;
  double score = 0;
};

struct Standings {
  std::vector<Standing> found;  // by place; none lies within another
  bool cut = false;             // there were more places to compare than is reasonable
};

// Finds the texts, notices, exceptions and fingerprints of the index in a text: shingles give the candidates,
// a comparison word by word decides. Linear but for what is compared, which is bounded.
Standings standing_in(const Index& index, std::span<const Word> words);

}  // namespace ostiary::license

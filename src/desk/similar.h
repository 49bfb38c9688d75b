#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "desk/question.h"

namespace ostiary::desk {

// A text as it is compared: linear in it to make, at most kMostWords words.
struct Wording {
  static constexpr std::size_t kMostWords = 800;

  std::string plain;                    // all words in small letters, one blank between them
  std::vector<std::string> content;     // words that carry meaning, in order, without inflection
  std::vector<std::uint64_t> words;     // hashes of all, each once, sorted
  std::vector<std::uint64_t> trigrams;  // hashes of three letters of `plain`, each once, sorted
  std::vector<std::uint64_t> pairs;     // hashes of neighbours in `content`, each once, sorted
  double weight = 0;                    // of `words`
  std::vector<double> weights;          // of each of `words`
};
Wording wording_of(std::string_view text);

// 0 to 1: the Jaccard index of the words, weighted by whether they carry meaning, and that of the trigrams,
// 3 to 2. Symmetric; 1 for the same words in the same order.
double likeness(const Wording& a, const Wording& b);
inline constexpr double kNear = 0.4;  // from here on worth showing

// The same question in other words: every word that carries meaning (each number, name and negation does) is
// in both, but for its inflection, and their order is about the same. Symmetric.
bool asks_the_same(const Wording& a, const Wording& b);
inline constexpr double kSameOrder = 0.6;  // Jaccard index of neighbours, at least

// Facts that make a question: all but who asks, when, and numbers that are another each time. Canonical JSON.
std::string facts_of_question(const policy::Facts& facts);
// 32 hexadecimal digits, of the words of `text`, those facts and the rules that a refusal names.
std::string fingerprint_of(std::string_view text, const policy::Facts& facts,
                           const std::vector<policy::RuleRef>& rules);

}  // namespace ostiary::desk

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/document.h"
#include "policy/fact_table.h"

namespace ostiary::policy {

// Values of one fact that all tests of some documents judge alike, with one of them that stands for all.
struct ValueClass {
  enum class Kind : std::uint8_t { unknown, texts, outside, range };
  Kind kind = Kind::unknown;
  std::vector<std::string> texts;       // texts: which of those that rules name; none: the empty set
  std::int64_t least = 0, most = 0;     // range, both included; INT64_MIN and INT64_MAX: no bound
  std::optional<FactValue> value = {};  // nothing: the fact is not there
};

// What a fact may be, as far as rules tell values apart. The first class is that nobody knows it, the second
// the ordinary one: a text that no rule names, no text, false, the least number.
struct Dimension {
  std::uint8_t fact = 0;
  std::vector<ValueClass> classes;
  bool whole = true;  // false: there are more than were made

  std::vector<const ValueList*> lists;  // that tests of the fact compare it with

  // The class that a value belongs to; 0 where it is not there or none that was made.
  std::size_t class_of(const FactValue* value) const;
};

// The facts that a condition reads.
void add_facts(const Condition& condition, std::set<std::uint8_t>& into);

// Texts that a fact is compared with besides those of rules.
using Named = std::vector<std::pair<std::uint8_t, const ValueList*>>;

// The classes of each fact, for the tests of the documents' rules. Bounded: at most kMostClasses a fact.
inline constexpr std::size_t kMostClasses = 48;
std::vector<Dimension> dimensions_of(const std::vector<const Document*>& documents,
                                     const std::set<std::uint8_t>& facts, const Named& named = {});

// That a fact is of one of these classes, in words.
std::string in_words(const Dimension& dimension, const std::vector<std::size_t>& classes);

}  // namespace ostiary::policy

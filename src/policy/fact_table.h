#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ostiary::policy {

enum class FactType : std::uint8_t {
  flag,    // true or false
  count,   // a whole number from 0
  bytes,   // a number of bytes; documents may write 64KiB
  word,    // one text
  words,   // a set of texts
  level,   // one of `allowed`, which stand in their order, least first
  moment,  // a date (YYYY-MM-DD, its beginning) or an RFC 3339 time, UTC
};

// A fact that rules may test.
struct FactSpec {
  std::string_view name;
  FactType type = FactType::word;
  std::span<const std::string_view> allowed;  // empty: any text
  // It says only what was read: where `data.partial` names a part that was not, what is not in it is unknown.
  bool of_what_was_read = false;
  std::string_view meaning;
  // A document may say what it is where nobody does. What the gate must know by itself may not be assumed.
  bool may_be_assumed = false;
};

// How many facts there are at most: sets of them are 64 bits.
inline constexpr std::size_t kMostFacts = 64;

// All facts, sorted by name. A place in it is the fact's index.
std::span<const FactSpec> fact_table();
std::optional<std::uint8_t> fact_index(std::string_view name);
// Facts by their indexes, one bit each.
using FactSet = std::uint64_t;
inline constexpr FactSet kAllFacts = ~FactSet{0};
FactSet facts_below(std::string_view prefix);               // "data.": all that begin with it
FactSet fact_set(std::span<const std::string_view> names);  // names that are no facts are left out
inline FactSet fact_set(std::string_view name) {
  return fact_set({&name, 1});
}
const char* name(FactType type);  // for messages: "a whole number"

}  // namespace ostiary::policy

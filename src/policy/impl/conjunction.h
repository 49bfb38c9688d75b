#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/document.h"

namespace ostiary::policy {

// A test that must hold, or must not.
struct Conjunct {
  const Condition* test = nullptr;
  bool negative = false;
};

// The tests that must all hold or not hold for a condition; parts that are no plain tests (any, or nested)
// are left out and `whole` is false.
struct Conjunction {
  std::vector<Conjunct> tests;
  bool whole = true;
};
Conjunction conjunction_of(const Condition& condition);

// Why no facts can fulfil a condition, in words; nothing where it was not seen that they cannot. What stands
// in every part of an `any` is looked at, too.
std::optional<std::string> contradiction(const Condition& condition, const Document& document);

// Finds rules that override others.
class Overriders {
 public:
  // `budget` is how many pairs of rules are compared at most.
  Overriders(const Document& document, std::size_t budget);
  // A rule that always overrides the `index`th; nullptr: none was found.
  const Rule* of(std::size_t index);
  bool exhausted() const { return budget_ == 0; }

 private:
  std::vector<std::uint32_t> ids_of(const Conjunction& conjunction);
  bool overrides(std::size_t strict, std::size_t index) const;

  const Document& document_;
  std::size_t budget_;
  std::vector<std::vector<std::uint32_t>> tests_;  // of each rule, as numbers, sorted
  std::vector<bool> whole_, suspended_;
  std::vector<std::vector<std::uint32_t>> by_test_;  // rules by the rarest of their tests
  std::vector<std::uint32_t> always_;                // rules without any
};

}  // namespace ostiary::policy

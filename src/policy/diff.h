#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace ostiary::policy {

// One thing that two versions of a document have otherwise, in words.
struct Difference {
  enum class How : std::uint8_t { added, removed, changed };
  std::string kind;  // "front", "rule", "list", "answer-target", "test", "clause"
  std::string name;  // of the front matter's value, the rule, …; of a clause its anchor
  How how = How::changed;
  std::string text;    // one sentence
  std::string clause;  // anchor in the version that has it, the newer one first; empty: none
};

// Requests of which the decision is another one. All combinations looked at that the sentence tells of shift
// so; two sentences may tell of the same one.
struct Shift {
  enum class Way : std::uint8_t { stricter, looser, other };
  std::string before,
      after;  // what became of them, and what becomes of them: "refused", "personal data masked"
  Way way = Way::other;
  std::string text;              // one sentence: which requests, what was, what is
  std::size_t combinations = 0;  // how many of those looked at
  Facts example;
  std::vector<std::string> rules_before, rules_after;  // ids of those that decided, sorted; "default"
};

struct Diff {
  std::vector<Difference> differences;  // front matter, rules, lists, targets, tests, clauses; each by name
  std::vector<Shift> shifts;            // stricter first, then looser
  std::size_t compared = 0;             // combinations of facts that both versions decided
  std::vector<std::string> partial;     // what was not looked at, and why
  bool same() const { return differences.empty(); }
};

// What changes from one version of a document to another: what stands in it, and, found by deciding, what
// becomes of requests. Decided are combinations of facts: the documents' own tests, an ordinary request
// (nothing that rules name) and one of which nothing is known, each with the facts that changed rules read
// put to every value that rules tell apart (each side of each number, a text of each list and one of none,
// not known). The same documents give the same result. Bounded: at most kMostCombinations, and fewer of
// documents with very many rules; `partial` says what that left out.
inline constexpr std::size_t kMostCombinations = 20'000;
Diff diff(const Policy& before, const Policy& after);

const char* name(Difference::How how);
const char* name(Shift::Way way);

}  // namespace ostiary::policy

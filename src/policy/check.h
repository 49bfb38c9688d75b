#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "policy/document.h"
#include "policy/policy.h"

namespace ostiary::policy {

// A test of the document with what came out.
struct CaseResult {
  const Case* test = nullptr;
  Decision decision;
  std::vector<std::string> failures;  // each a sentence; none: passed
  bool passed() const { return failures.empty(); }
};

// Runs the document's tests, in the file's order, each decided once: a reroute is not followed.
std::vector<CaseResult> run_cases(const Policy& policy);

// What is wrong with a usable document beyond its form, added to what reading it found:
//   impossible          a condition that no facts fulfil
//   never-known         a condition over a fact that nothing in this build says
//   unknown-class       a data class that is a slip of the keyboard away from one that there is
//   never-wins          a rule that a stricter one always overrides
//   untested            a rule that no passing test fires
//   failing-test        a test that does not come out as it says
//   obligation          an obligation that this build does not carry out
//   expired             an exception or rule whose last day has passed
//   review              a review date that has passed
//   due                 a review, the end of an exception or a rule, or coming into force, that is near
//   (due.h) unfilled            owner, contact and the like that are empty or a placeholder dead-reference a
//   reroute to what no list of destinations names; a list that no rule uses
// `now` is milliseconds since 1970, UTC. Bounded: rules are compared with one another at most
// kMostComparisons times, and a finding "not-compared" says so where that was not enough.
inline constexpr std::size_t kMostComparisons = 20'000'000;
void check(const Policy& policy, WallMs now, Findings& findings);

}  // namespace ostiary::policy

#include "gateway/policy_decider.h"

#include <utility>

#include "policy/tighten.h"

namespace ostiary::gateway {

PolicyDecider::PolicyDecider(std::shared_ptr<const policy::Policy> policy, ClassActions more)
    : policy_(std::move(policy)),
      more_(std::move(more)),
      wants_(policy::fact_set(policy_->wants()) | (more_.empty() ? 0 : more_.wants())) {}

policy::Decision PolicyDecider::decide(const policy::Facts& facts, const inspect::Inspection& found) const {
  policy::Verdict scratch;
  return decide_often(facts, found, scratch);
}

policy::Decision PolicyDecider::decide_often(const policy::Facts& facts, const inspect::Inspection& found,
                                             policy::Verdict& scratch) const {
  auto decision = policy_->decide(facts, scratch);
  if (more_.empty()) return decision;
  return policy::tightened(std::move(decision), more_.decide(facts, found));
}

bool PolicyDecider::alike(const policy::Fact& a, const policy::Fact& b) const {
  return more_.empty() ? policy_->alike(a, b) : a.value == b.value;
}

}  // namespace ostiary::gateway

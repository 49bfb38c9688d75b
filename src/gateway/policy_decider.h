#pragma once

#include <memory>

#include "gateway/class_actions.h"
#include "gateway/steps.h"
#include "policy/policy.h"

namespace ostiary::gateway {

// Decides by the policy document in force, and by the operator's own actions where those are stricter.
class PolicyDecider final : public Decider {
 public:
  PolicyDecider(std::shared_ptr<const policy::Policy> policy, ClassActions more);
  policy::Decision decide(const policy::Facts& facts, const inspect::Inspection& found) const override;
  policy::Decision decide_often(const policy::Facts& facts, const inspect::Inspection& found,
                                policy::Verdict& scratch) const override;
  bool alike(const policy::Fact& a, const policy::Fact& b) const override;
  policy::FactSet wants() const override { return wants_; }

 private:
  std::shared_ptr<const policy::Policy> policy_;
  ClassActions more_;
  policy::FactSet wants_;
};

}  // namespace ostiary::gateway

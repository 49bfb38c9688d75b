#pragma once

#include <string>
#include <vector>

#include "app/verbs.h"
#include "policy/policy.h"
#include "scan/component.h"

namespace ostiary::app {

// What the policy says of a component: of asking that provider, on that surface, for that model, with a
// request that holds nothing but public data. What else it does not know (who asks, what for) stays unknown,
// which is strict.
struct ComponentDecision {
  bool concerns = false;  // false: the component reaches nobody that a policy could decide about
  policy::Decision decision;
};

// The document that scans are decided by: the one named, else the one that was in force last in the data
// folder, else the built-in one.
Result<policy::Policy> scan_policy(const ScanOptions& options);

std::vector<ComponentDecision> decisions_of(const policy::Policy& policy,
                                            const std::vector<scan::Component>& components);

}  // namespace ostiary::app

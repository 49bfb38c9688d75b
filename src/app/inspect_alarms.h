#pragma once

#include <vector>

#include "app/verbs.h"
#include "base/result.h"
#include "catalog/organisation.h"
#include "store/false_alarms.h"

namespace ostiary::app {

// What reviewers decided, as a rule of inspection: `alarm-` and the fingerprint.
catalog::AllowRule rule_of(const store::FalseAlarm& accepted);

// Whether a call marks, lists or decides, instead of inspecting.
bool concerns_alarms(const InspectOptions& options);
Result<int> run_alarms(const InspectOptions& options);

// What is accepted and in effect: of the gate that the options name, or of the data folder.
Result<std::vector<catalog::AllowRule>> accepted_alarms(const InspectOptions& options);

}  // namespace ostiary::app

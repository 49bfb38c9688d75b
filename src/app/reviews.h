#pragma once

#include "app/policy_in_force.h"
#include "app/webhooks.h"
#include "base/time.h"
#include "desk/desk.h"

namespace ostiary::app {

// Tells webhooks of what of the document in force is due for review (policy/due.h), each reason once.
// `data_folder` tells since when it is in force.
void tell_reviews(const PolicyInForce& policy, const std::string& data_folder, desk::Desk& desk,
                  HookHouse& hooks, WallMs now);

}  // namespace ostiary::app

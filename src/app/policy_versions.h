#pragma once

#include <string>
#include <vector>

#include "policy/changes.h"

namespace ostiary::app {

// The change log of a document's page from the folder in which the gate keeps the documents that were in
// force (DATA/policy), each as of the time its file is from. `now` is the version in force, which is told as
// the newest. What cannot be read is left out. At most policy::kMostVersions files are read, the newest ones.
std::vector<policy::Change> policy_versions(const std::string& folder, const policy::Policy& now);

}  // namespace ostiary::app

// policy new.

#include <filesystem>

#include "app/impl/terminal.h"
#include "app/impl/verbs_policy.h"
#include "policy/builtin.h"

namespace ostiary::app {

Result<int> run_policy_new(const PolicyOptions& options) {
  const auto& file = options.common.output;
  std::error_code error;
  if (!file.empty() && std::filesystem::exists(std::filesystem::symlink_status(file, error)))
    return fail(Code::exists, "is there already, and may be your own by now; choose another name", file);
  TRY_VOID(put(options.common, policy::builtin_document()));
  if (!file.empty())
    hint(options.common,
         "fill in owner, contact and approver at its top, change what does not fit, and run "
         "'ostiary policy check' on it");
  return 0;
}

}  // namespace ostiary::app

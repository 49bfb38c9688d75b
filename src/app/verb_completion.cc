#include "app/impl/completion.h"
#include "app/impl/terminal.h"
#include "app/verbs.h"

namespace ostiary::app {

Result<int> run_completion(const std::string& shell, const CommonOptions& options) {
  TRY(const auto script, completion_script(shell));
  TRY_VOID(put(options, script));
  return 0;
}

}  // namespace ostiary::app

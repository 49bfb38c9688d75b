#include "app/impl/config_docs.h"
#include "app/impl/terminal.h"
#include "app/verbs.h"

namespace ostiary::app {

Result<int> run_docs(std::string_view page, const CommonOptions& options) {
  if (page != "configuration")
    return fail(Code::invalid, "pages made by the program: configuration, man", std::string(page));
  TRY_VOID(put(options, configuration_page()));
  return 0;
}

}  // namespace ostiary::app

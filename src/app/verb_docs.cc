#include "app/impl/config_docs.h"
#include "app/impl/terminal.h"
#include "app/verbs.h"
#include "console/openapi.h"
#include "inventory/field.h"

namespace ostiary::app {

Result<int> run_docs(std::string_view page, const CommonOptions& options) {
  if (page == "configuration") {
    TRY_VOID(put(options, configuration_page()));
  } else if (page == "openapi") {
    TRY_VOID(put(options, console::openapi(version())));
  } else if (page == "inventory-fields") {
    TRY_VOID(put(options, inventory::fields_table()));
  } else {
    return fail(Code::invalid, "pages made by the program: configuration, inventory-fields, man, openapi", std::string(page));
  }
  return 0;
}

}  // namespace ostiary::app

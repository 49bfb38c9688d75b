#include <exception>
#include <fmt/format.h>

#include "app/impl/command_line.h"
#include "app/impl/verbs_inventory.h"
#include "app/impl/verbs_license.h"
#include "app/impl/verbs_model.h"
#include "app/impl/verbs_policy.h"

int main(int argc, char** argv) {
  using namespace ostiary::app;
  try {
    CommandLine line;
    add_serve(line);
    add_key(line);
    add_team(line);
    add_me(line);
    add_ledger(line);
    add_inspect(line);
    add_scan(line);
    add_license(line);
    add_model(line);
    add_policy(line);
    add_desk(line);
    add_inventory(line);
    add_doctor(line);
    add_setup(line);
    add_others(line);
    return line.main(argc, argv);
  } catch (const std::exception& error) {
    return complain(fmt::format("stopped by a fault of the program: {}", error.what()), 3);
  }
}

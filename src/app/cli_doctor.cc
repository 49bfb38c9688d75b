// doctor on the command line.

#include <memory>

#include "app/impl/command_line.h"

namespace ostiary::app {

void add_doctor(CommandLine& line) {
  const auto options = std::make_shared<DoctorOptions>();
  auto* doctor = line.verb(line.root(), "doctor", "find what is wrong with this installation",
                           "ostiary doctor -c /etc/ostiary/ostiary.yaml --data /var/lib/ostiary\n"
                           "  ostiary doctor -c ostiary.yaml --connect    # calls every service, too");
  doctor->add_option("-c,--config", options->config, "configuration file of the gate")->type_name("FILE");
  doctor->add_flag(
      "--connect", options->connect,
      "connect to every service, and run credential commands; without it nothing leaves this machine");
  line.add_common(*doctor, options->common);
  line.does(*doctor, [options] { return run_doctor(*options); });
}

}  // namespace ostiary::app

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "base/time.h"

namespace ostiary::app {

// What `ostiary doctor` found out about one usual mistake.
struct Check {
  enum class State : std::uint8_t { ok, skipped, warning, problem };
  std::string name;  // stable word: "clock", "permissions", …
  State state = State::ok;
  std::string message;
  std::string fix;  // what to do; empty where nothing is to be done
};
const char* name(Check::State state);

// What the checks look at. `connect` lets them call the services; nothing else leaves the machine.
struct Patient {
  Config config;
  std::string config_file;  // empty: none
  bool connect = false;
  WallMs now = 0;
};

// One check for each usual mistake, in a fixed order: clock, permissions, dns, certificates, credentials,
// port, disk, limits, documents, drift, version. Some give several findings; each gives at least one. Blocks,
// at most some seconds a service.
std::vector<Check> examine(const Patient& patient);

// The single checks, for their tests.
void check_clock(const Patient& patient, std::vector<Check>& out);
void check_permissions(const Patient& patient, std::vector<Check>& out);
void check_names(const Patient& patient, std::vector<Check>& out);
void check_certificates(const Patient& patient, std::vector<Check>& out);
void check_credentials(const Patient& patient, std::vector<Check>& out);
void check_port(const Patient& patient, std::vector<Check>& out);
void check_disk(const Patient& patient, std::vector<Check>& out);
void check_limits(const Patient& patient, std::vector<Check>& out);
void check_documents(const Patient& patient, std::vector<Check>& out);
void check_rules(const Patient& patient, std::vector<Check>& out);
void check_drift(const Patient& patient, std::vector<Check>& out);
void check_version(const Patient& patient, std::vector<Check>& out);

}  // namespace ostiary::app

// The configuration of the API.

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"

namespace ostiary::app::config {

namespace {

Result<> read_hosts(Config& config, const yaml::Node& node, std::string_view file) {
  constexpr std::string_view form = "must be a list of host names without ports, such as [gate.example.org]";
  if (node.kind != yaml::Kind::sequence) return fail(Code::invalid, std::string(form));
  config.console_hosts.clear();
  for (const auto& item : node.items) {
    if (item.kind != yaml::Kind::scalar || item.scalar.empty() ||
        item.scalar.find_first_of(":/ @") != std::string::npos)
      return fail(Code::invalid, fmt::format("'console.hosts' {}", form), yaml::place(file, item));
    config.console_hosts.push_back(item.scalar);
  }
  return {};
}

}  // namespace

std::vector<Row<Config>> console_rows() {
  return {
      Row<Config>{
          "console.hosts", "a list of host names", "[]",
          "While the gate listens on loopback alone, the API answers requests whose Host is localhost, "
          "a loopback address or one of these names: no page can reach it under a name of its own.",
          read_hosts},
      Row<Config>{"console.own_keys", Count<1, 1000>::describe(), "5",
                  "Whoever holds so many valid keys of a team makes no further one in place of another "
                  "(ostiary key request), unless that one ends at once.",
                  [](Config& config, const yaml::Node& node, std::string_view) {
                    return Count<1, 1000>::read(node, config.console_own_keys);
                  }},
  };
}

}  // namespace ostiary::app::config

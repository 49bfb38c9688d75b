#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "base/result.h"
#include "base/yaml.h"

namespace ostiary::app::config {

// A row of the table: what app::Key shows, and how a value gets into the Config (or into one service of it).
// `set` gets the file's name for the places of errors inside the value; an Error without a place gets that of
// the value.
template <class Target>
struct Row {
  std::string_view path;
  std::string type;
  std::string_view fallback;
  std::string_view doc;
  Result<> (*set)(Target&, const yaml::Node&, std::string_view file);
};

const std::vector<Row<Config>>& config_rows();
std::vector<Row<Config>> keeping_rows();
Row<Config> listen_row();
Row<Config> size_limits_row();
Row<Config> policy_row();
std::vector<Row<Config>> operations_rows();
std::vector<Row<Config>> tls_rows();
std::vector<Row<Config>> witness_rows();
std::vector<Row<Config>> webhook_rows();
std::vector<Row<Config>> limits_and_prices_rows();
std::vector<Row<Config>> telemetry_rows();
std::vector<Row<Config>> console_rows();
const std::vector<Row<gateway::ServiceSettings>>& service_rows();  // paths start with "services[]."
// Parts of them, each in a file of its topic.
std::vector<Row<Config>> routing_rows();
std::vector<Row<gateway::ServiceSettings>> service_routing_rows();
std::vector<Row<gateway::ServiceSettings>> service_policy_rows();

// The error for a name that `known` (names of this level) does not hold.
std::unexpected<Error> unknown_name(std::string_view file, const yaml::Member& member,
                                    const std::vector<std::string_view>& known);

// Puts every member of a mapping where its row says; names without a row are errors. `prefix` is the path of
// the mapping with its dot, or empty.
template <class Target>
Result<> read_members(const yaml::Node& mapping, const std::string& prefix, std::span<const Row<Target>> rows,
                      std::string_view file, Target& target) {
  if (mapping.kind == yaml::Kind::null) return {};
  if (mapping.kind != yaml::Kind::mapping)
    return fail(Code::invalid, "must be a mapping of names to values", yaml::place(file, mapping));
  for (const auto& member : mapping.members) {
    const auto path = prefix + member.name;
    const Row<Target>* exact = nullptr;
    bool above = false;
    for (const auto& row : rows) {
      if (row.path == path) exact = &row;
      above |= row.path.starts_with(path + ".");
    }
    if (exact) {
      auto set = exact->set(target, member.value, file);
      if (set) continue;
      if (set.error().where.empty()) {
        set.error().where = yaml::place(file, member.value);
        set.error().message = "'" + path + "' " + set.error().message;
      }
      return set;
    }
    if (above) {
      TRY_VOID(read_members(member.value, path + ".", rows, file, target));
      continue;
    }
    std::vector<std::string_view> known;
    for (const auto& row : rows) {
      if (!row.path.starts_with(prefix)) continue;
      const auto name =
          row.path.substr(prefix.size(), row.path.find_first_of(".[", prefix.size()) - prefix.size());
      if (known.empty() || known.back() != name) known.push_back(name);
    }
    return unknown_name(file, member, known);
  }
  return {};
}

// Reads one item of `services:`.
Result<gateway::ServiceSettings> read_service(const yaml::Node& node, std::string_view file);

}  // namespace ostiary::app::config

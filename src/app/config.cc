#include "app/config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fmt/format.h>

#include "app/impl/config_rows.h"
#include "app/impl/config_values.h"
#include "base/file.h"

namespace ostiary::app {

namespace {

using config::config_rows;
using config::service_rows;

constexpr std::uint64_t kMaxFile = 4ULL << 20;

// What holds between keys. The Error's `where` is the path of the key that is wrong.
Result<> check_whole(const Config& config) {
  const auto& tls = config.gate.tls;
  if (tls.certificate.empty() != tls.key.empty())
    return fail(Code::invalid, "TLS needs both tls.certificate and tls.key", "tls");
  if (!tls.client_ca.empty() && tls.certificate.empty())
    return fail(Code::invalid, "'tls.client_ca' is of use with tls.certificate and tls.key only", "tls");
  const auto& target = config.gate.reroute_to;
  for (const auto& [name, effect] : config.gate.data_classes)
    if (effect == policy::Effect::reroute && target.empty())
      return fail(Code::invalid,
                  fmt::format("the data class '{}' is to be rerouted; say where to with reroute_to", name),
                  "data_classes");
  for (std::size_t i = 0; i < config.gate.size_limits.size(); ++i)
    if (config.gate.size_limits[i].action == policy::Effect::reroute && target.empty())
      return fail(
          Code::invalid,
          fmt::format(
              "requests over limit {} of size_limits are to be rerouted; say where to with reroute_to",
              i + 1),
          "size_limits");
  const bool masks_answers = std::ranges::any_of(
      config.gate.answer_classes, [](const auto& action) { return action.second == policy::Effect::redact; });
  if (masks_answers && !config.gate.inspect)
    return fail(Code::invalid, "answers can be masked only where they are inspected: 'inspect' is false",
                "answer_classes");
  if (config.audit.to == AuditSettings::To::file && config.audit.file.empty())
    return fail(Code::invalid, "'audit.to' is file; say which with audit.file", "audit");
  std::vector<std::string_view> ids;
  for (const auto& service : config.services) ids.push_back(service.id);
  if (!target.empty() && config.services_configured && std::ranges::find(ids, target) == ids.end()) {
    auto advice = config::meant(target, ids);
    if (advice.empty()) advice = fmt::format("; services: {}", fmt::join(ids, ", "));
    return fail(Code::invalid, fmt::format("'reroute_to' names no service{}", advice), "reroute_to");
  }
  for (const auto& limit : config.gate.size_limits)
    if (!limit.service.empty() && config.services_configured &&
        std::ranges::find(ids, limit.service) == ids.end())
      return fail(Code::invalid,
                  fmt::format("size_limits: '{}' names no service{}", limit.service,
                              config::meant(limit.service, ids)),
                  "size_limits");
  return {};
}

bool takes_a_structure(std::string_view fallback) {
  return fallback.starts_with('{') || fallback.starts_with('[');
}

}  // namespace

namespace config {

std::unexpected<Error> unknown_name(std::string_view file, const yaml::Member& member,
                                    const std::vector<std::string_view>& known) {
  auto advice = meant(member.name, known);
  for (const auto& key : keys()) {
    if (!advice.empty()) break;
    const auto dot = key.path.rfind('.');
    if (dot != std::string_view::npos && key.path.substr(dot + 1) == member.name)
      advice = fmt::format("; did you mean '{}'?", key.path);
  }
  if (advice.empty()) advice = fmt::format("; known here: {}", fmt::join(known, ", "));
  return fail(Code::invalid, fmt::format("unknown key '{}'{}", member.name, advice),
              yaml::place(file, member));
}

}  // namespace config

std::string variable_of(std::string_view path) {
  std::string out = "OSTIARY_";
  for (const char c : path)
    out += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::span<const Key> keys() {
  static const std::vector<Key> all = [] {
    std::vector<Key> out;
    for (const auto& row : config_rows()) out.push_back({row.path, row.type, row.fallback, row.doc});
    for (const auto& row : service_rows()) out.push_back({row.path, row.type, row.fallback, row.doc});
    return out;
  }();
  return all;
}

Result<Config> read_config(std::string_view text, std::string_view file) {
  TRY(const auto root, yaml::parse(text, file, {.max_bytes = kMaxFile}));
  Config config;
  TRY_VOID(config::read_members<Config>(root, "", config_rows(), file, config));
  if (auto whole = check_whole(config); !whole) {
    const auto* node = root.find(whole.error().where);
    whole.error().where = node ? yaml::place(file, *node) : std::string(file);
    return std::unexpected(whole.error());
  }
  return config;
}

Result<Config> load_config(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return fail(Code::invalid, "is a folder; name a configuration file", path);
  auto text = read_file(path, kMaxFile);
  if (!text) return std::unexpected(text.error());
  return read_config(*text, path);
}

Result<> apply_environment(Config& config, const std::function<const char*(const char*)>& get) {
  for (const auto& row : config_rows()) {
    if (row.path == "services") continue;
    const auto variable = variable_of(row.path);
    const char* value = get(variable.c_str());
    if (value == nullptr || *value == '\0') continue;
    yaml::Node node;
    node.kind = yaml::Kind::scalar;
    node.scalar = value;
    if (takes_a_structure(row.fallback)) {
      TRY(node, yaml::parse(value, variable));
    }
    if (auto set = row.set(config, node, variable); !set) {
      if (set.error().where.empty()) set.error().where = variable;
      return set;
    }
  }
  if (auto whole = check_whole(config); !whole) {
    whole.error().where.clear();
    return whole;
  }
  return {};
}

Result<> check_variables(std::span<const std::string_view> names) {
  std::vector<std::string> known;
  for (const auto& row : config_rows())
    if (row.path != "services") known.push_back(variable_of(row.path));
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const auto own = [](std::string_view name) {  // of ours, and no configuration
    constexpr std::array words = {"OSTIARY_KEY", "OSTIARY_BIN", "OSTIARY_SHARED", "OSTIARY_DIRECT"};
    constexpr std::array starts = {"OSTIARY_FAULT", "OSTIARY_TEST_", "OSTIARY_REAL_SERVER"};
    return std::ranges::find(words, name) != words.end() ||
           std::ranges::any_of(starts, [&](std::string_view start) { return name.starts_with(start); });
  };
  for (const auto name : names) {
    if (!name.starts_with("OSTIARY_") || own(name) || std::ranges::find(candidates, name) != candidates.end())
      continue;
    const auto advice = config::meant(name, candidates);
    if (!advice.empty() || name.starts_with("OSTIARY_GATE_") || name.starts_with("OSTIARY_LEDGER_") ||
        name.starts_with("OSTIARY_TELEMETRY_"))
      return fail(Code::invalid,
                  fmt::format("no such variable of the configuration{}",
                              advice.empty() ? "; docs/configuration.md lists the keys" : advice),
                  std::string(name));
  }
  return {};
}

}  // namespace ostiary::app

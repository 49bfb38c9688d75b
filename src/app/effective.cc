#include "app/effective.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/impl/config_rows.h"
#include "base/file.h"
#include "base/yaml.h"
#include "json/writer.h"

namespace ostiary::app {

namespace {

using console::Setting;

// The value as flow-style YAML.
std::string text_of(const yaml::Node& node) {
  std::vector<std::string> parts;
  switch (node.kind) {
    case yaml::Kind::null:
      return "null";
    case yaml::Kind::scalar:
      return node.scalar;
    case yaml::Kind::sequence:
      for (const auto& item : node.items) parts.push_back(text_of(item));
      return fmt::format("[{}]", fmt::join(parts, ", "));
    case yaml::Kind::mapping:
      for (const auto& member : node.members)
        parts.push_back(fmt::format("{}: {}", member.name, text_of(member.value)));
      return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  return "";
}

const yaml::Node* find_path(const yaml::Node& root, std::string_view path) {
  const auto* node = &root;
  while (node && !path.empty()) {
    const auto dot = path.find('.');
    node = node->find(path.substr(0, dot));
    path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  }
  return node;
}

// Free text may be a secret: of such keys only these are shown.
bool is_shown(std::string_view path, std::string_view type) {
  constexpr std::array plain = {"bytes from", "a duration", "a whole number", "true or false", "one of"};
  if (std::ranges::any_of(plain, [&](std::string_view start) { return type.starts_with(start); }))
    return true;
  constexpr std::array<std::string_view, 8> known = {"listen",      "data",         "ledger.origin",
                                                     "reroute_to",  "data_classes", "console.hosts",
                                                     "size_limits", "policy"};
  return std::ranges::find(known, path) != known.end();
}

// What the command line says of a key; nothing: not a word.
std::optional<std::string> flag_of(const ServeOptions& options, std::string_view path) {
  if (path == "listen" && !options.listen.empty()) return fmt::format("{}", fmt::join(options.listen, ","));
  if (path == "data" && !options.data.empty()) return options.data;
  if (path == "gate.allow_remote" && options.allow_remote) return "true";
  return std::nullopt;
}

void add_services(const yaml::Node& root, const std::string& file, std::vector<Setting>& all) {
  const auto* services = root.find("services");
  if (!services || services->kind != yaml::Kind::sequence) return;
  for (std::size_t i = 0; i < services->items.size(); ++i) {
    const auto* id = services->items[i].find("id");
    all.push_back({fmt::format("services[{}].id", i), id ? std::optional(id->scalar) : std::nullopt, "file",
                   yaml::place(file, services->items[i])});
  }
}

}  // namespace

std::vector<Setting> effective_settings(const ServeOptions& options,
                                        const std::function<const char*(const char*)>& get) {
  yaml::Node root;
  if (!options.config.empty())
    if (const auto text = read_file(options.config))
      if (auto parsed = yaml::parse(*text, options.config)) root = std::move(*parsed);
  std::vector<Setting> all;
  for (const auto& row : config::config_rows()) {
    if (row.path == "services") continue;
    Setting setting{std::string(row.path), std::string(row.fallback), "default", ""};
    const auto variable = variable_of(row.path);
    const char* said = get(variable.c_str());
    if (auto flag = flag_of(options, row.path)) {
      setting.value = std::move(flag);
      setting.source = "flag";
    } else if (said && *said) {
      setting.value = said;
      setting.source = "environment";
      setting.place = variable;
    } else if (const auto* node = find_path(root, row.path)) {
      setting.value = text_of(*node);
      setting.source = "file";
      setting.place = yaml::place(options.config, *node);
    }
    if (setting.source != "default" && !is_shown(row.path, row.type)) setting.value.reset();
    all.push_back(std::move(setting));
  }
  add_services(root, options.config, all);
  return all;
}

}  // namespace ostiary::app

// Where settings go in TOML and YAML files that belong to somebody else, line by line.

#include "app/impl/setup_formats.h"

#include <fmt/format.h>
#include <optional>

#include "base/text.h"
#include "base/yaml.h"

namespace ostiary::app {

namespace {

// A whole line of a text, half open, with its line feed.
struct LineRange {
  std::size_t start = 0, end = 0;
};

LineRange line_at(std::string_view text, std::size_t start) {
  const auto feed = text.find('\n', start);
  return {start, feed == std::string_view::npos ? text.size() : feed + 1};
}

// Lines count from 1. Behind the last line: the end.
LineRange numbered_line(std::string_view text, std::uint32_t number) {
  LineRange line = line_at(text, 0);
  for (std::uint32_t i = 1; i < number && line.start < text.size(); ++i) line = line_at(text, line.end);
  return line;
}

SetupChange replacing(std::string name, const std::string& line, std::string_view text, LineRange where) {
  auto change = block(std::move(name), line + "\n", where.start);
  change.replaces = text.substr(where.start, where.end - where.start);
  return change;
}

// ---- TOML

// Whether the line ends within a string of several lines; `inside` is whether it starts in one.
bool in_long_string(std::string_view line, bool inside) {
  for (const std::string_view quotes : {R"(""")", "'''"})
    for (auto at = line.find(quotes); at != std::string_view::npos; at = line.find(quotes, at + 3))
      inside = !inside;
  return inside;
}

std::string_view without_comment(std::string_view line) {
  return text::trim(line.substr(0, line.find('#')));
}

bool is_table(std::string_view line) {
  line = without_comment(line);
  return line.starts_with('[') && line.ends_with(']') && line.find(',') == std::string_view::npos;
}

// The name that a line of the root sets.
std::string_view set_by(std::string_view line) {
  const auto sign = line.find('=');
  if (sign == std::string_view::npos) return {};
  auto name = text::trim(line.substr(0, sign));
  if (name.size() > 1 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front())
    name = name.substr(1, name.size() - 2);
  return name;
}

struct TomlOutline {
  std::vector<std::pair<std::string_view, LineRange>> root;  // settings before the first table
  std::vector<std::string_view> tables;                      // headers
};

TomlOutline outline(std::string_view text) {
  TomlOutline out;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto range = line_at(text, at);
    const auto line = text.substr(range.start, range.end - range.start);
    if (!inside && is_table(line))
      out.tables.push_back(without_comment(line));
    else if (!inside && out.tables.empty())
      if (const auto name = set_by(line); !name.empty()) out.root.emplace_back(name, range);
    inside = in_long_string(line, inside);
    at = range.end;
  }
  return out;
}

// ---- YAML

Result<yaml::Node> mapping_of(std::string_view base) {
  auto root = yaml::parse(base, "line");
  if (!root)
    return fail(Code::invalid, fmt::format("cannot be read as simple YAML ({}); change it by hand as "
                                           "docs/setup.md shows. Nothing was changed",
                                           root.error().text()));
  if (root->kind != yaml::Kind::mapping && root->kind != yaml::Kind::null)
    return fail(Code::invalid, "is not a mapping at its top; nothing was changed");
  return root;
}

const yaml::Member* member_of(const yaml::Node& root, std::string_view name) {
  for (const auto& member : root.members)
    if (member.name == name) return &member;
  return nullptr;
}

// What is planned is read back, so that a layout that was not foreseen is refused and not broken.
Result<> check_yaml(std::string_view base, std::vector<SetupChange> changes, std::size_t members) {
  TRY(const auto text, with_changes(base, changes, ""));
  const auto root = yaml::parse(text, "line");
  if (!root || root->members.size() != members)
    return fail(Code::invalid,
                "has a layout that cannot be changed line by line; change it by hand as docs/setup.md shows. "
                "Nothing was changed");
  return {};
}

std::string indented_lines(const std::string& lines, const std::string& indent) {
  std::string out;
  for (const auto line : text::split(lines, '\n'))
    if (!line.empty()) out += fmt::format("{}{}\n", indent, line);
  return out;
}

}  // namespace

Result<std::vector<SetupChange>> toml_changes(std::string_view base, const std::string& client,
                                              const std::vector<SettingLine>& root,
                                              const std::string& table_name, const std::string& table) {
  const auto known = outline(base);
  std::vector<SetupChange> changes;
  std::string fresh;
  for (const auto& setting : root) {
    std::optional<LineRange> old;
    for (const auto& [name, range] : known.root)
      if (name == setting.key) old = range;
    if (old)
      changes.push_back(replacing(fmt::format("{}.{}", client, setting.key), setting.line, base, *old));
    else
      fresh += setting.line + '\n';
  }
  // A byte order mark stays in front.
  const std::size_t top = base.starts_with("\xef\xbb\xbf") ? 3 : 0;
  if (!fresh.empty()) changes.insert(changes.begin(), block(client, fresh, top));
  for (const auto header : known.tables)
    if (header == fmt::format("[{}]", table_name))
      return fail(Code::invalid, fmt::format("has a table [{}] already that is not from here; remove it, or "
                                             "change it by hand to: {}. Nothing was changed",
                                             table_name, table));
  changes.push_back(
      block(client + "." + table_name, fmt::format("[{}]\n{}", table_name, table), base.size()));
  return changes;
}

Result<std::vector<SetupChange>> yaml_changes(std::string_view base, const std::string& client,
                                              const std::vector<SettingLine>& root) {
  TRY(const auto mapping, mapping_of(base));
  std::vector<SetupChange> changes;
  std::string fresh;
  std::size_t members = mapping.members.size();
  for (const auto& setting : root) {
    const auto* old = member_of(mapping, setting.key);
    if (old && old->value.kind != yaml::Kind::scalar && old->value.kind != yaml::Kind::null)
      return fail(Code::invalid, fmt::format("'{}' is not a text; nothing was changed", setting.key));
    if (old) {
      changes.push_back(replacing(fmt::format("{}.{}", client, setting.key), setting.line, base,
                                  numbered_line(base, old->line)));
    } else {
      fresh += setting.line + '\n';
      ++members;
    }
  }
  if (!fresh.empty()) changes.push_back(block(client, fresh, base.size()));
  TRY_VOID(check_yaml(base, changes, members));
  return changes;
}

Result<std::vector<SetupChange>> yaml_item_change(std::string_view base, const std::string& client,
                                                  const std::string& key, const std::string& item,
                                                  const std::string& fresh) {
  TRY(const auto mapping, mapping_of(base));
  const auto* list = member_of(mapping, key);
  std::vector<SetupChange> changes;
  auto members = mapping.members.size();
  const auto whole = fmt::format("{}:\n{}", key, indented_lines(item, "  "));
  if (!list) {
    const bool empty = mapping.members.empty();
    changes.push_back(block(client, (empty ? fresh : "") + whole, base.size()));
    members = empty ? text::split(fresh, '\n').size() : members + 1;
  } else if (list->value.kind == yaml::Kind::sequence && !list->value.items.empty()) {
    const auto line = numbered_line(base, list->value.line);
    const auto text = base.substr(line.start, line.end - line.start);
    auto change = block(client, "", line.start);
    change.indent = text.substr(0, std::min(text.find_first_not_of(' '), text.size()));
    change.value = indented_lines(item, change.indent);
    if (!text::trim(text).starts_with("-"))
      return fail(Code::invalid,
                  fmt::format("'{}' is not a list of one item a line; nothing was changed", key));
    changes.push_back(std::move(change));
  } else if (list->value.kind == yaml::Kind::null || list->value.kind == yaml::Kind::sequence) {
    auto change = replacing(client, "", base, numbered_line(base, list->line));
    change.value = whole;
    changes.push_back(std::move(change));
  } else {
    return fail(Code::invalid, fmt::format("'{}' is not a list; nothing was changed", key));
  }
  TRY_VOID(check_yaml(base, changes, members));
  return changes;
}

}  // namespace ostiary::app

#include "scan/impl/manifest/npm.h"

#include <algorithm>

#include "base/text.h"
#include "scan/impl/found.h"

namespace ostiary::scan {

namespace {

struct Field {
  std::string_view name;
  bool development = false;
};
constexpr Field kFields[] = {{"dependencies", false},
                             {"devDependencies", true},
                             {"peerDependencies", false},
                             {"optionalDependencies", false}};

// Whether it is a folder of the tree whose name may be another package's. A name below a scope belongs to
// the scope's owner wherever it lies.
bool is_own(std::string_view name, std::string_view version) {
  constexpr std::string_view kinds[] = {"workspace:", "file:", "link:", "portal:"};
  const bool packed = version.ends_with(".tgz") || version.ends_with(".tar.gz");
  return !name.starts_with('@') && !packed &&
         !is_installed(std::string(version.substr(version.find(':') + 1)) + "/") &&
         std::ranges::any_of(kinds, [&](auto kind) { return version.starts_with(kind); });
}

// `^1.2`, `1.2.3`, `npm:other@^1`, `git+https://…`, `workspace:*` and whatever else npm takes for a version.
void add_dependency(Reading& reading, Branch member, bool development) {
  const auto version = member.text();
  Said said{.development = development};
  if (!version.starts_with("npm:")) {
    said.own = is_own(member.key(), version);
    reading.add(Ecosystem::npm, member.key(), member.key_start(), member.key_end(), with_npm(said, version));
    return;
  }
  const auto [name, real] = split_npm(version.substr(4));
  said.alias = name == member.key() ? std::string_view() : member.key();
  reading.add(Ecosystem::npm, name, member.start() + 4, member.start() + 4 + name.size(),
              with_npm(said, real));
}

// `npm:name@version[/path]`, of Deno, which begins at `offset`.
void add_specifier(Reading& reading, std::string_view text, std::size_t offset, std::string_view alias) {
  if (!text.starts_with("npm:")) return;
  std::size_t from = 4;
  while (from < text.size() && text[from] == '/') ++from;
  const auto [name, rest] = split_npm(text.substr(from));
  const auto version = rest.substr(0, rest.find('/'));
  while (alias.ends_with('/')) alias.remove_suffix(1);
  reading.add(Ecosystem::npm, name, offset + from, offset + from + name.size(),
              with_npm({.alias = alias == name ? std::string_view() : alias}, version));
}

void add_imports(Reading& reading, Branch imports) {
  for (const auto one : imports) add_specifier(reading, one.text(), one.start(), one.key());
}

}  // namespace

NpmName split_npm(std::string_view text) {
  const std::size_t scope = text.starts_with('@') ? text.find('/') : 0;
  if (scope == std::string_view::npos) return {text, {}};
  const auto end = text.find_first_of("@/", scope + 1);
  if (end == std::string_view::npos) return {text, {}};
  return {text.substr(0, end), text[end] == '@' ? text.substr(end + 1) : std::string_view()};
}

Said with_npm(Said said, std::string_view version) {
  said = with_version(said, version);
  // "1" and "1.2" are ranges.
  const auto core = version.substr(0, version.find_first_of("-+"));
  const auto dot = core.find('.');
  said.locked =
      said.locked && dot != std::string_view::npos && core.find('.', dot + 1) != std::string_view::npos;
  return said;
}

void read_package_json(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  auto& manifest = reading.manifest();
  for (const auto member : tree.root()) {
    if (member.key() == "name") set_if_empty(manifest.package, member.text());
    if (member.key() == "version") set_if_empty(manifest.version, member.text());
    if (member.key() == "license" || member.key() == "licenses") {
      const auto one = member.is_list() ? *member.begin() : member;
      set_if_empty(manifest.license, one.is_map() ? one["type"].text() : one.text());
    }
    for (const auto& field : kFields)
      if (member.key() == field.name)
        for (const auto one : member) add_dependency(reading, one, field.development);
  }
}

void read_deno_json(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  const auto root = tree.root();
  set_if_empty(reading.manifest().package, root["name"].text());
  set_if_empty(reading.manifest().version, root["version"].text());
  set_if_empty(reading.manifest().license, root["license"].text());
  add_imports(reading, root["imports"]);
  for (const auto scope : root["scopes"]) add_imports(reading, scope);
}

// Versions 2 to 5: `npm` holds what is locked, at the root or below `packages`; `specifiers` and `workspace`
// say what was asked for, as `npm:name@constraint`.
void read_deno_lock(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  const auto root = tree.root();
  NameSet asked;
  const auto ask = [&](std::string_view specifier) {
    if (specifier.starts_with("npm:")) asked.insert(split_npm(specifier.substr(4)).name);
  };
  for (const auto one : root["workspace"]["dependencies"]) ask(one.text());
  for (const auto one : root["workspace"]["packageJson"]["dependencies"]) ask(one.text());
  for (const auto member : root["workspace"]["members"])
    for (const auto one : member["dependencies"]) ask(one.text());
  if (!root["workspace"])
    for (const auto one : root["specifiers"] ? root["specifiers"] : root["packages"]["specifiers"])
      ask(one.key());
  for (const auto npm : {root["npm"], root["packages"]["npm"], root["npm"]["packages"]})
    for (const auto package : npm) {
      const auto [name, rest] = split_npm(package.key());
      const auto version = rest.substr(0, rest.find('_'));
      if (version.empty()) continue;
      reading.add(Ecosystem::npm, name, package.key_start(), package.key_start() + name.size(),
                  {.version = version, .locked = true, .direct = asked.contains(name)});
    }
}

}  // namespace ostiary::scan

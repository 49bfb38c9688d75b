#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "scan/impl/manifest/npm.h"

// Lock files of npm (versions 1 to 3), Yarn (1 and later), pnpm (5 to 9) and Bun.

namespace ostiary::scan {

namespace {

// What the projects of a lock file ask for.
struct Asked {
  NameSet runtime, development;

  void fields(Branch project) {
    for (const auto* name : {"dependencies", "optionalDependencies", "peerDependencies"})
      for (const auto one : project[name]) runtime.insert(one.key());
    for (const auto one : project["devDependencies"]) development.insert(one.key());
  }
  bool any(std::string_view name) const { return runtime.contains(name) || development.contains(name); }
  bool only_development(std::string_view name) const {
    return development.contains(name) && !runtime.contains(name);
  }
};

// Version 1: packages within one another.
void add_nested(Reading& reading, Branch dependencies) {
  for (const auto one : dependencies) {
    auto version = one["version"].text();
    auto name = one.key();
    Said said{.development = one["dev"].is_true(), .direct = false};
    if (version.starts_with("npm:")) {
      const auto real = split_npm(version.substr(4));
      said.alias = name;
      name = real.name;
      version = real.version;
    }
    said.version = version;
    said.locked = is_exact(version);
    const auto start = said.alias.empty() ? one.key_start() : one["version"].start() + 4;
    reading.add(Ecosystem::npm, name, start, start + name.size(), said);
    add_nested(reading, one["dependencies"]);
  }
}

void add_placed(Reading& reading, Branch packages) {
  constexpr std::string_view folder = "node_modules/";
  Asked asked;
  for (const auto one : packages)
    if (!one.key().contains(folder)) asked.fields(one);
  for (const auto one : packages) {
    const auto path = one.key();
    const auto last = path.rfind(folder);
    if (last == std::string_view::npos || one["link"].is_true()) continue;
    const auto placed = path.substr(last + folder.size());
    const auto real = one["name"];
    const auto version = one["version"].text();
    Said said{.version = version,
              .locked = !version.empty(),
              .development = one["dev"].is_true() || one["devOptional"].is_true(),
              .direct = path.find(folder) == last && asked.any(placed)};
    if (real && real.text() != placed) {
      said.alias = placed;
      reading.add(Ecosystem::npm, real.text(), real.start(), real.end_of_text(), said);
    } else {
      const auto end = one.key_end();
      reading.add(Ecosystem::npm, placed, end - placed.size(), end, said);
    }
  }
}

// yarn.lock of version 1: `name@range, name@range:` and below it, further in, `version "1.2.3"`.
class YarnLock {
 public:
  explicit YarnLock(Reading& reading) : reading_(reading) {}

  void read() {
    for (auto rest = reading_.text(); !rest.empty() && !reading_.full();) {
      const auto line = take_line(rest);
      const auto content = text::trim(line);
      if (content.empty() || content.front() == '#') continue;
      if (line.front() != ' ') {
        flush({});
        open(content);
      } else if (content.starts_with("version ") && line.starts_with("  v")) {
        auto version = text::trim(content.substr(8));
        if (version.starts_with('"')) version = version.substr(1, version.find('"', 1) - 1);
        flush(version);
      }
    }
    flush({});
  }

 private:
  // The first of the names: all of them are one package.
  void open(std::string_view header) {
    if (header.starts_with('"')) header.remove_prefix(1);
    header = header.substr(0, header.find_first_of("\","));
    while (header.ends_with(':')) header.remove_suffix(1);
    auto [name, range] = split_npm(header);
    alias_ = {};
    if (range.starts_with("npm:")) {
      alias_ = name;
      name = split_npm(range.substr(4)).name;
    }
    name_ = name;
  }

  void flush(std::string_view version) {
    if (!name_.empty())
      reading_.add(Ecosystem::npm, name_,
                   {.version = version, .alias = alias_, .locked = !version.empty(), .direct = false});
    name_ = {};
  }
  Reading& reading_;
  std::string_view name_, alias_;
};

void read_berry(Reading& reading) {
  const auto tree = Tree::of_yaml(reading.text());
  tell(reading, tree);
  for (const auto document : tree.root()) {
    Asked asked;
    for (const auto one : document)
      if (one.key().contains("@workspace:")) asked.fields(one);
    for (const auto one : document) {
      if (one.key() == "__metadata" || one.key().contains("@workspace:")) continue;
      const auto resolution = one["resolution"];
      const auto [name, rest] = split_npm(resolution.text());
      const auto placed = split_npm(one.key()).name;
      const auto version = one["version"].text();
      reading.add(Ecosystem::npm, name, resolution.start(), resolution.start() + name.size(),
                  {.version = version,
                   .alias = placed == name ? std::string_view() : placed,
                   .locked = !version.empty(),
                   .development = asked.only_development(placed),
                   .direct = asked.any(placed)});
    }
  }
}

// `/name/1.2.3_peers` (version 5), `/name@1.2.3(peers)` (6), `name@1.2.3(peers)` (9).
NpmName split_pnpm(std::string_view key) {
  if (key.starts_with('/')) key.remove_prefix(1);
  key = key.substr(0, key.find('('));
  const std::size_t scope = key.starts_with('@') ? key.find('/') : 0;
  if (scope == std::string_view::npos) return {key, {}};
  const auto end = key.find_first_of("@/", scope + 1);
  if (end == std::string_view::npos) return {key, {}};
  const auto version = key.substr(end + 1);
  return {key.substr(0, end), key[end] == '/' ? version.substr(0, version.find('_')) : version};
}

void read_pnpm_document(Reading& reading, Branch document) {
  Asked asked;
  asked.fields(document);
  for (const auto importer : document["importers"]) asked.fields(importer);
  for (const auto one : document["packages"]) {
    auto [name, version] = split_pnpm(one.key());
    auto start = one.key_start() + (one.key().starts_with('/') ? 1 : 0);
    // Of what comes from elsewhere than a registry, the key is an address.
    if (const auto real = one["name"]) {
      name = real.text();
      start = real.start();
      version = one["version"].text();
    } else if (name.contains(':')) {
      continue;
    }
    const auto dev = one["dev"];
    reading.add(Ecosystem::npm, name, start, start + name.size(),
                {.version = version,
                 .locked = is_exact(version),
                 .development = dev ? dev.is_true() : asked.only_development(name),
                 .direct = asked.any(name)});
  }
}

}  // namespace

void read_npm_lock(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  const auto root = tree.root();
  set_if_empty(reading.manifest().package, root["name"].text());
  set_if_empty(reading.manifest().version, root["version"].text());
  if (const auto packages = root["packages"])
    add_placed(reading, packages);
  else
    add_nested(reading, root["dependencies"]);
}

void read_yarn_lock(Reading& reading) {
  if (reading.text().contains("__metadata:"))
    read_berry(reading);
  else
    YarnLock(reading).read();
}

void read_pnpm_lock(Reading& reading) {
  const auto tree = Tree::of_yaml(reading.text());
  tell(reading, tree);
  for (const auto document : tree.root()) read_pnpm_document(reading, document);
}

// `"place": ["name@version", …]`, where the place is the name, or names behind one another.
void read_bun_lock(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  Asked asked;
  for (const auto workspace : tree.root()["workspaces"]) {
    asked.fields(workspace);
    set_if_empty(reading.manifest().package, workspace["name"].text());
  }
  for (const auto one : tree.root()["packages"]) {
    if (!one.is_list() || one.empty()) continue;
    const auto first = *one.begin();
    const auto [name, version] = split_npm(first.text());
    if (version.contains(':')) continue;  // of the workspace, or from an address
    const auto key = one.key();
    const bool top = split_npm(key).name == key;
    reading.add(Ecosystem::npm, name, first.start(), first.start() + name.size(),
                {.version = version,
                 .alias = top && key != name ? key : std::string_view(),
                 .locked = !version.empty(),
                 .development = top && asked.only_development(key),
                 .direct = top && asked.any(key)});
  }
}

}  // namespace ostiary::scan

#include <string>
#include <unordered_set>

#include "base/text.h"
#include "scan/impl/found.h"
#include "scan/impl/manifest/reading.h"

// Cargo.toml and Cargo.lock (The Cargo Book, chapters 3.1, 3.2 and 3.6).

namespace ostiary::scan {

namespace {

void add_dependency(Reading& reading, Branch one, Said said) {
  // What is published besides has a version, too; a copy of others' is still theirs.
  const auto path = one.is_map() ? one["path"] : Branch();
  said.own = path && !one["version"] && !is_installed(std::string(path.text()) + "/");
  auto version = one.is_map() ? one["version"].text() : one.text();
  // "1.2.3" is a range.
  said.version = version;
  if (version.starts_with('=') && is_exact(text::trim(version.substr(1)))) {
    said.version = text::trim(version.substr(1));
    said.locked = true;
  }
  if (const auto real = one["package"]) {
    said.alias = one.key();
    reading.add(Ecosystem::cargo, real.text(), real.start(), real.end_of_text(), said);
  } else {
    reading.add(Ecosystem::cargo, one.key(), one.key_start(), one.key_end(), said);
  }
}

void add_tables(Reading& reading, Branch from, bool direct) {
  for (const auto table : from) {
    const auto key = table.key();
    const bool development = key == "dev-dependencies" || key == "build-dependencies" ||
                             key == "dev_dependencies" || key == "build_dependencies";
    if (development || key == "dependencies")
      for (const auto one : table)
        add_dependency(reading, one, {.development = development, .direct = direct});
  }
}

}  // namespace

void read_cargo_toml(Reading& reading) {
  const auto tree = Tree::of_toml(reading.text());
  tell(reading, tree);
  const auto root = tree.root();
  for (const auto package : {root["package"], root["project"], root["workspace"]["package"]}) {
    set_if_empty(reading.manifest().package, package["name"].text());
    set_if_empty(reading.manifest().version, package["version"].text());
    set_if_empty(reading.manifest().license, package["license"].text());
  }
  add_tables(reading, root, true);
  add_tables(reading, root["workspace"], false);  // versions for the members that ask
  for (const auto target : root["target"]) add_tables(reading, target, true);
}

void read_cargo_lock(Reading& reading) {
  const auto tree = Tree::of_toml(reading.text());
  tell(reading, tree);
  std::unordered_set<std::string> asked;
  const auto packages = tree.root()["package"];
  // A package without a source is ours: what it depends on is asked for.
  for (const auto package : packages)
    if (!package["source"])
      for (const auto one : package["dependencies"])
        asked.insert(normalized(Ecosystem::cargo, one.text().substr(0, one.text().find(' '))));
  for (const auto package : packages) {
    if (!package["source"]) continue;
    const auto name = package["name"];
    const auto version = package["version"].text();
    reading.add(Ecosystem::cargo, name.text(), name.start(), name.end_of_text(),
                {.version = version,
                 .locked = !version.empty(),
                 .direct = asked.contains(normalized(Ecosystem::cargo, name.text()))});
  }
}

}  // namespace ostiary::scan

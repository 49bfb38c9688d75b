#include <string>
#include <unordered_set>

#include "base/text.h"
#include "scan/impl/manifest/reading.h"

// Lock files of Python: Pipfile.lock, poetry.lock, uv.lock, pdm.lock, pylock.toml (PEP 751).

namespace ostiary::scan {

namespace {

bool any_of(Branch list, std::string_view text) {
  for (const auto one : list)
    if (one.text() == text) return true;
  return false;
}

void add_package(Reading& reading, Branch package, Said said) {
  const auto name = package["name"];
  said.version = package["version"].text();
  said.locked = !said.version.empty();
  reading.add(Ecosystem::pypi, name.text(), name.start(), name.end_of_text(), said);
}

// Of uv: the project itself, or another of the workspace.
bool is_ours(Branch package) {
  const auto source = package["source"];
  return source["editable"] || source["virtual"];
}

struct Asked {
  std::unordered_set<std::string> runtime, development;
};

void add_names(std::unordered_set<std::string>& names, Branch list) {
  for (const auto one : list) names.insert(normalized(Ecosystem::pypi, one["name"].text()));
}

}  // namespace

void read_pipfile_lock(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  for (const auto section : tree.root()) {
    if (section.key() == "_meta") continue;
    for (const auto package : section) {
      auto version = package["version"].text();
      while (version.starts_with('=')) version.remove_prefix(1);
      // Pipenv names the index of what the Pipfile itself asks for.
      const bool direct = static_cast<bool>(package["index"]);
      reading.add(Ecosystem::pypi, package.key(), package.key_start(), package.key_end(),
                  {.version = version,
                   .locked = !version.empty(),
                   .development = section.key() != "default",
                   .direct = direct});
    }
  }
}

void read_poetry_lock(Reading& reading) {
  const auto tree = Tree::of_toml(reading.text());
  tell(reading, tree);
  for (const auto package : tree.root()["package"]) {
    const auto groups = package["groups"];
    const bool development = package["category"].text() == "dev" ||
                             (groups.is_list() && !groups.empty() && !any_of(groups, "main"));
    add_package(reading, package, {.development = development, .direct = false});
  }
}

void read_pdm_lock(Reading& reading) {
  const auto tree = Tree::of_toml(reading.text());
  tell(reading, tree);
  for (const auto package : tree.root()["package"]) {
    const auto groups = package["groups"];
    add_package(
        reading, package,
        {.development = groups.is_list() && !groups.empty() && !any_of(groups, "default"), .direct = false});
  }
  for (const auto package : tree.root()["packages"]) add_package(reading, package, {.direct = false});
}

void read_uv_lock(Reading& reading) {
  const auto tree = Tree::of_toml(reading.text());
  tell(reading, tree);
  Asked asked;
  const auto packages = tree.root()["package"];
  for (const auto package : packages) {
    if (!is_ours(package)) continue;
    if (package["source"]["editable"].text() == "." || package["source"]["virtual"].text() == ".") {
      set_if_empty(reading.manifest().package, package["name"].text());
      set_if_empty(reading.manifest().version, package["version"].text());
    }
    add_names(asked.runtime, package["dependencies"]);
    for (const auto extra : package["optional-dependencies"])
      add_names(says_development(extra.key()) ? asked.development : asked.runtime, extra);
    for (const auto group : package["dev-dependencies"]) add_names(asked.development, group);
  }
  for (const auto package : packages) {
    if (is_ours(package)) continue;
    const auto name = normalized(Ecosystem::pypi, package["name"].text());
    const bool runtime = asked.runtime.contains(name), development = asked.development.contains(name);
    add_package(reading, package, {.development = development && !runtime, .direct = runtime || development});
  }
}

}  // namespace ostiary::scan

#include <string>
#include <unordered_map>

#include "base/text.h"
#include "scan/impl/manifest/reading.h"

// .NET: MSBuild projects, packages.config, lock and asset files, .nuspec, Paket.

namespace ostiary::scan {

namespace {

// `1.2`, `[1.2]` and `[1.2, 2.0)`: the first is the least version and the one that is restored.
Said with_nuget(Said said, std::string_view version) {
  version = text::trim(version);
  if (version.starts_with('[') && version.ends_with(']') && !version.contains(','))
    version = text::trim(version.substr(1, version.size() - 2));
  return with_version(said, version);
}

using Properties = std::unordered_map<std::string, std::string_view>;

std::string_view resolved(const Properties& properties, std::string_view text) {
  if (!text.starts_with("$(") || !text.ends_with(')')) return text;
  const auto found = properties.find(text::lower(text.substr(2, text.size() - 3)));
  return found == properties.end() ? text : found->second;
}

void add_item(Reading& reading, const Properties& properties, Branch item) {
  const auto kind = item.key();
  const bool global = text::iequals(kind, "GlobalPackageReference");
  const bool central = text::iequals(kind, "PackageVersion");  // for the projects that ask
  if (!global && !central && !text::iequals(kind, "PackageReference")) return;
  auto name = item.like("Include");
  if (!name) name = item.like("Update");
  auto version = item.like("Version").text();
  if (version.empty()) version = item.like("VersionOverride").text();
  const bool private_assets = text::iequals(text::trim(item.like("PrivateAssets").text()), "all");
  reading.add(Ecosystem::nuget, name.text(), name.start(), name.end_of_text(),
              with_nuget({.development = global || private_assets, .direct = !central},
                         resolved(properties, version)));
}

void add_items(Reading& reading, const Properties& properties, Branch project) {
  for (const auto group : project) {
    if (text::iequals(group.key(), "ItemGroup"))
      for (const auto item : group) add_item(reading, properties, item);
    else if (text::iequals(group.key(), "Choose"))
      for (const auto when : group) add_items(reading, properties, when);
  }
}

void add_properties(Properties& properties, Branch project) {
  for (const auto group : project)
    if (text::iequals(group.key(), "PropertyGroup"))
      for (const auto one : group) properties.emplace(text::lower(one.key()), one.text());
}

}  // namespace

void read_msbuild(Reading& reading) {
  const auto tree = Tree::of_xml(reading.text());
  tell(reading, tree);
  const auto project = tree.root()["Project"];
  Properties properties;
  add_properties(properties, project);
  auto& manifest = reading.manifest();
  const auto property = [&](const char* name) {
    const auto found = properties.find(name);
    return found == properties.end() ? std::string_view() : found->second;
  };
  set_if_empty(manifest.package, property("packageid"));
  set_if_empty(manifest.package, property("assemblyname"));
  set_if_empty(manifest.version, property("version"));
  set_if_empty(manifest.license, property("packagelicenseexpression"));
  add_items(reading, properties, project);
}

void read_nuget_config(Reading& reading) {
  const auto tree = Tree::of_xml(reading.text());
  tell(reading, tree);
  for (const auto one : tree.root()["packages"]) {
    const auto name = one.like("id");
    if (one.key() == "package")
      reading.add(Ecosystem::nuget, name.text(), name.start(), name.end_of_text(),
                  with_nuget({.development = one.like("developmentDependency").is_true()},
                             one.like("version").text()));
  }
}

void read_nuspec(Reading& reading) {
  const auto tree = Tree::of_xml(reading.text());
  tell(reading, tree);
  const auto metadata = tree.root()["package"]["metadata"];
  auto& manifest = reading.manifest();
  set_if_empty(manifest.package, metadata["id"].text());
  set_if_empty(manifest.version, metadata["version"].text());
  set_if_empty(manifest.license, metadata["license"].text());
  const auto add = [&](Branch one) {
    const auto name = one.like("id");
    if (one.key() == "dependency")
      reading.add(Ecosystem::nuget, name.text(), name.start(), name.end_of_text(),
                  with_nuget({}, one.like("version").text()));
  };
  for (const auto one : metadata["dependencies"]) {
    add(one);
    if (one.key() == "group")
      for (const auto inner : one) add(inner);
  }
}

// packages.lock.json
void read_nuget_lock(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  for (const auto framework : tree.root()["dependencies"])
    for (const auto one : framework) {
      const auto type = one["type"].text();
      if (type == "Project") continue;
      const auto version = one["resolved"].text();
      reading.add(Ecosystem::nuget, one.key(), one.key_start(), one.key_end(),
                  {.version = version, .locked = !version.empty(), .direct = type == "Direct"});
    }
}

// *.deps.json beside a program, and project.assets.json: `"Name/1.2.3": {"type": "package"}`.
void read_nuget_assets(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  for (const auto one : tree.root()["libraries"]) {
    if (one["type"].text() != "package") continue;
    const auto key = one.key();
    const auto slash = key.find('/');
    if (slash == std::string_view::npos) continue;
    reading.add(Ecosystem::nuget, key.substr(0, slash), one.key_start(), one.key_start() + slash,
                {.version = key.substr(slash + 1), .locked = true, .direct = false});
  }
}

// .config/dotnet-tools.json
void read_dotnet_tools(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  for (const auto one : tree.root()["tools"])
    reading.add(Ecosystem::nuget, one.key(), one.key_start(), one.key_end(),
                with_nuget({.development = true}, one["version"].text()));
}

// paket.dependencies (`nuget Name constraint`) and paket.references (a name a line).
void read_paket(Reading& reading) {
  const bool references = text::lower(reading.name()).ends_with("references");
  for (auto rest = reading.text(); !rest.empty() && !reading.full();) {
    auto line = text::trim(take_line(rest));
    if (line.empty() || line.front() == '#' || line.starts_with("//")) continue;
    const auto word = take_until(line, " \t");
    if (references) {
      if (!word.contains(':') && word != "group") reading.add(Ecosystem::nuget, word, {});
      continue;
    }
    if (word != "nuget") continue;
    line = text::trim(line);
    const auto name = take_until(line, " \t");
    reading.add(Ecosystem::nuget, name, with_nuget({}, text::trim(line)));
  }
}

// paket.lock: below `NUGET`, four blanks in, `Name (1.2.3)`.
void read_paket_lock(Reading& reading) {
  bool nuget = false;
  for (auto rest = reading.text(); !rest.empty() && !reading.full();) {
    auto line = take_line(rest);
    if (!line.empty() && line.front() != ' ') nuget = text::trim(line) == "NUGET";
    if (!nuget || !line.starts_with("    ") || line.starts_with("     ")) continue;
    line = text::trim(line);
    const auto name = take_until(line, " ");
    line = text::trim(line);
    if (!line.starts_with('(')) continue;
    line.remove_prefix(1);
    const auto version = take_until(line, ")");
    reading.add(Ecosystem::nuget, name, {.version = version, .locked = true, .direct = false});
  }
}

}  // namespace ostiary::scan

#include <string>
#include <unordered_map>

#include "base/text.h"
#include "scan/impl/manifest/reading.h"

// pom.xml (Maven Model 4.0), ivy.xml, and what a jar says of itself.

namespace ostiary::scan {

namespace {

// A project's properties, by which its texts name others.
class Properties {
 public:
  explicit Properties(Branch project) : project_(project) {
    for (const auto one : project["properties"]) values_.emplace(one.key(), one.text());
    const auto parent = project["parent"];
    for (const std::string_view name : {"groupId", "artifactId", "version"}) {
      auto text = project[name].text();
      if (text.empty()) text = parent[name].text();
      if (text.empty()) continue;
      for (const std::string_view prefix : {"project.", "pom.", ""})
        values_.emplace(std::string(prefix).append(name), text);
      values_.emplace(std::string("project.parent.").append(name), parent[name].text());
      values_.emplace(std::string("parent.").append(name), parent[name].text());
    }
  }

  // The text with what it names in its place; what is not in this file stays as it is.
  std::string resolved(std::string_view text) const {
    constexpr int most = 8;
    constexpr std::size_t longest = 256;
    std::string out(text.substr(0, longest));
    for (int i = 0; i < most; ++i) {
      const auto start = out.find("${");
      const auto end = start == std::string::npos ? start : out.find('}', start);
      if (end == std::string::npos) break;
      const auto value = values_.find(out.substr(start + 2, end - start - 2));
      if (value == values_.end() || out.size() + value->second.size() > longest) break;
      out.replace(start, end + 1 - start, value->second);
    }
    return out;
  }

 private:
  Branch project_;
  std::unordered_map<std::string, std::string> values_;
};

class Pom {
 public:
  Pom(Reading& reading, Branch project) : reading_(reading), project_(project), properties_(project) {}

  void read() {
    auto& manifest = reading_.manifest();
    const auto group = properties_.resolved("${groupId}");
    const auto artifact = project_["artifactId"].text();
    if (!artifact.empty()) set_if_empty(manifest.package, group + ":" + std::string(artifact));
    if (const auto version = properties_.resolved("${version}"); !version.contains("${"))
      set_if_empty(manifest.version, version);
    set_if_empty(manifest.license, project_["licenses"]["license"]["name"].text());
    manage(project_["dependencyManagement"]["dependencies"]);
    for (const auto profile : project_["profiles"]) manage(profile["dependencyManagement"]["dependencies"]);
    section(project_);
    for (const auto profile : project_["profiles"]) section(profile);
  }

 private:
  static std::string_view text_of(Branch dependency, std::string_view name) {
    return dependency[name].text();
  }
  std::string name_of(Branch dependency) const {
    return properties_.resolved(text_of(dependency, "groupId")) + ":" +
           properties_.resolved(text_of(dependency, "artifactId"));
  }

  // What `dependencyManagement` says counts where a dependency is asked for.
  void manage(Branch dependencies) {
    for (const auto one : dependencies)
      if (one.key() == "dependency")
        managed_.emplace(name_of(one), Managed{properties_.resolved(text_of(one, "version")),
                                               properties_.resolved(text_of(one, "scope"))});
  }

  void section(Branch from) {
    add(from["dependencies"], false);
    for (const auto plugin : from["build"]["plugins"]) add(plugin["dependencies"], true);
  }

  void add(Branch dependencies, bool development) {
    for (const auto one : dependencies) {
      if (one.key() != "dependency") continue;
      const auto name = name_of(one);
      auto version = properties_.resolved(text_of(one, "version"));
      auto scope = properties_.resolved(text_of(one, "scope"));
      if (const auto known = managed_.find(name); known != managed_.end()) {
        if (version.empty()) version = known->second.version;
        if (scope.empty()) scope = known->second.scope;
      }
      const auto artifact = one["artifactId"];
      if (name.starts_with(':') || name.ends_with(':')) continue;
      reading_.add(Ecosystem::maven, name, artifact.start(), artifact.end_of_text(),
                   with_version({.development = development || scope == "test"}, version));
    }
  }

  struct Managed {
    std::string version, scope;
  };
  Reading& reading_;
  Branch project_;
  Properties properties_;
  std::unordered_map<std::string, Managed> managed_;
};

}  // namespace

void read_pom(Reading& reading) {
  const auto tree = Tree::of_xml(reading.text());
  tell(reading, tree);
  if (const auto project = tree.root()["project"]) Pom(reading, project).read();
}

void read_ivy(Reading& reading) {
  const auto tree = Tree::of_xml(reading.text());
  tell(reading, tree);
  const auto module = tree.root()["ivy-module"];
  const auto info = module["info"];
  if (info)
    set_if_empty(reading.manifest().package,
                 std::string(info["organisation"].text()) + ":" + std::string(info["module"].text()));
  set_if_empty(reading.manifest().version, info["revision"].text());
  for (const auto one : module["dependencies"]) {
    if (one.key() != "dependency") continue;
    const auto name = one["name"];
    const auto group = one["org"].text();
    if (group.empty()) continue;  // of the same organisation
    reading.add(Ecosystem::maven, std::string(group) + ":" + std::string(name.text()), name.start(),
                name.end_of_text(),
                with_version({.development = one["conf"].text().starts_with("test")}, one["rev"].text()));
  }
}

// META-INF/maven/**/pom.properties: what a jar is, or has swallowed.
void read_pom_properties(Reading& reading) {
  std::string_view group, artifact, version;
  for (auto rest = reading.text(); !rest.empty();) {
    auto line = take_line(rest);
    const auto name = take_until(line, "=");
    if (name == "groupId") group = text::trim(line);
    if (name == "artifactId") artifact = text::trim(line);
    if (name == "version") version = text::trim(line);
  }
  if (!group.empty() && !artifact.empty())
    set_if_empty(reading.manifest().package, std::string(group) + ":" + std::string(artifact));
  set_if_empty(reading.manifest().version, version);
}

// META-INF/MANIFEST.MF, whose lines of 72 bytes go on behind a blank.
void read_jar_manifest(Reading& reading) {
  std::string joined;
  std::string title, bundle;
  const auto line_done = [&] {
    std::string_view line = joined;
    const auto name = take_until(line, ":");
    const auto value = text::trim(line);
    if (name == "Implementation-Title") set_if_empty(title, value);
    if (name == "Bundle-SymbolicName") set_if_empty(bundle, value.substr(0, value.find(';')));
    if (name == "Implementation-Version" || name == "Bundle-Version")
      set_if_empty(reading.manifest().version, value);
    if (name == "Bundle-License") set_if_empty(reading.manifest().license, value);
    joined.clear();
  };
  for (auto rest = reading.text(); !rest.empty();) {
    const auto line = take_line(rest);
    if (line.starts_with(' ')) {
      joined += line.substr(1);
      continue;
    }
    line_done();
    if (line.empty()) break;  // the sections of single files follow
    joined = line;
  }
  line_done();
  set_if_empty(reading.manifest().package, bundle);
  set_if_empty(reading.manifest().package, title);
}

}  // namespace ostiary::scan

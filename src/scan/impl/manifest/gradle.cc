#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/text.h"
#include "lex/language.h"
#include "scan/impl/manifest/reading.h"

// build.gradle and build.gradle.kts, version catalogues, gradle.lockfile; build.sbt.

namespace ostiary::scan {

namespace {

// What a configuration of Gradle is for, by its name: testImplementation, kapt, classpath.
bool for_development(std::string_view configuration) {
  for (const std::string_view prefix :
       {"test", "androidTest", "integrationTest", "kapt", "ksp", "annotationProcessor", "classpath",
        "developmentOnly", "lint", "jmh", "debug"})
    if (configuration.starts_with(prefix)) return true;
  return configuration.contains("TestImplementation") || configuration.contains("TestRuntime");
}

bool is_coordinate(std::string_view part) {
  return !part.empty() && part.find_first_of(" /\\:@") == std::string_view::npos;
}

// `"$v"`, `"${v}"` and `v` where the file gives `v` a string.
std::string with_names(const Script& source, std::string_view version) {
  auto name = version;
  if (!name.starts_with('$')) return std::string(version);
  name.remove_prefix(1);
  if (name.starts_with('{') && name.ends_with('}')) name = name.substr(1, name.size() - 2);
  if (const auto dot = name.rfind('.'); dot != std::string_view::npos) name.remove_prefix(dot + 1);
  const auto value = source.string(source.value_of(name));
  return std::string(value.empty() ? version : value);
}

class Gradle {
 public:
  Gradle(Reading& reading, lex::Language language) : reading_(reading), source_(reading.text(), language) {
    tell(reading, source_);
  }

  void read() {
    auto& manifest = reading_.manifest();
    set_if_empty(manifest.version, source_.string(source_.value_of("version")));
    for (std::size_t i = 0; i < source_.size() && !reading_.full(); ++i)
      if (source_.is(i, "dependencies") && source_.is(i + 1, "{")) {
        const auto end = source_.close_of(i + 1);
        block(i + 2, end);
        i = end;
      }
  }

 private:
  void block(std::size_t from, std::size_t to) {
    for (auto i = from; i < to;) {
      const auto end = statement_end(i, to);
      statement(i, end);
      i = end;
    }
  }

  // A statement ends with its line, but within brackets and behind a comma.
  std::size_t statement_end(std::size_t i, std::size_t to) const {
    const auto from = i;
    while (i < to) {
      if (i > from && source_.begins_line(i) && !source_.is(i - 1, ",")) return i;
      const auto close = source_.is(i, "(") || source_.is(i, "[") ? source_.close_of(i) : i;
      i = std::max(i, std::min(close, to)) + 1;
      if (i <= to && source_.is(i - 1, "{")) return i;  // what stands between braces are statements
    }
    return to;
  }

  void statement(std::size_t from, std::size_t to) {
    const auto configuration = source_.is_string(from) ? source_.string(from) : source_.text(from);
    if (configuration == "exclude" || configuration == "}") return;
    const Said said{.development = for_development(configuration)};
    std::string_view group, name, version;
    for (auto i = from; i < to; ++i) {
      // A platform is a list of versions, a project or file is ours.
      if (is_other(i) && source_.is(i + 1, "(")) {
        i = source_.close_of(i + 1);
        continue;
      }
      const auto string = source_.string(i);
      if (string.empty()) continue;
      const bool named = i > from + 1 && (source_.is(i - 1, ":") || source_.is(i - 1, "="));
      if (!named) {
        coordinates(string, said);
        continue;
      }
      if (source_.is(i - 2, "group")) group = string;
      if (source_.is(i - 2, "name")) name = string;
      if (source_.is(i - 2, "version")) version = string;
    }
    if (is_coordinate(group) && is_coordinate(name)) add(group, name, version, said);
  }
  bool is_other(std::size_t i) const {
    return source_.is(i, "platform") || source_.is(i, "enforcedPlatform") || source_.is(i, "project") ||
           source_.is(i, "files") || source_.is(i, "fileTree") || source_.is(i, "exclude");
  }

  // `group:artifact[:version[:classifier]][@type]`
  void coordinates(std::string_view string, const Said& said) {
    auto rest = string.substr(0, string.find('@'));
    const auto group = take_until(rest, ":");
    const auto name = take_until(rest, ":");
    const auto version = take_until(rest, ":");
    if (is_coordinate(group) && is_coordinate(name)) add(group, name, version, said);
  }

  void add(std::string_view group, std::string_view name, std::string_view version, const Said& said) {
    const auto start = reading_.offset(name);
    const auto resolved = with_names(source_, version);
    auto full = with_version(said, resolved);
    full.locked = full.locked && !resolved.ends_with('+');
    reading_.add(Ecosystem::maven, std::string(group) + ":" + std::string(name), start, start + name.size(),
                 full);
  }

  Reading& reading_;
  Script source_;
};

// A library's version: a string, a map of constraints, or `ref` to the table of versions.
using Versions = std::unordered_map<std::string_view, Branch>;
std::string_view catalog_version(const Versions& versions, Branch library) {
  auto version = library["version"];
  if (const auto named = version["ref"]) {
    const auto found = versions.find(named.text());
    version = found == versions.end() ? Branch() : found->second;
  }
  if (version.is_map()) {
    for (const auto* name : {"strictly", "require", "prefer"})
      if (const auto one = version[name]) return one.text();
  }
  return version.text();
}

}  // namespace

void read_gradle(Reading& reading) {
  Gradle(reading, lex::Language::java).read();
}

void read_gradle_kotlin(Reading& reading) {
  Gradle(reading, lex::Language::kotlin).read();
}

// gradle/libs.versions.toml
void read_gradle_catalog(Reading& reading) {
  const auto tree = Tree::of_toml(reading.text());
  tell(reading, tree);
  Versions versions;
  for (const auto one : tree.root()["versions"]) versions.emplace(one.key(), one);
  for (const auto library : tree.root()["libraries"]) {
    auto place = library;
    std::string name;
    std::string_view version;
    if (library.is_scalar()) {
      auto rest = library.text();
      name.append(take_until(rest, ":")).append(":").append(take_until(rest, ":"));
      version = rest;
    } else if (const auto module = library["module"]) {
      place = module;
      name = module.text();
      version = catalog_version(versions, library);
    } else {
      place = library["name"];
      name.append(library["group"].text()).append(":").append(place.text());
      version = catalog_version(versions, library);
    }
    if (name.starts_with(':') || name.ends_with(':')) continue;
    auto start = place.start(), end = start + place.text().size();
    if (const auto colon = place.text().find(':'); colon != std::string_view::npos) {
      start += colon + 1;
      end = start + name.size() - name.find(':') - 1;
    }
    reading.add(Ecosystem::maven, name, start, end, with_version({}, version));
  }
}

// `group:artifact:version=configuration,configuration`
void read_gradle_lock(Reading& reading) {
  for (auto rest = reading.text(); !rest.empty() && !reading.full();) {
    auto line = text::trim(take_line(rest));
    if (line.empty() || line.front() == '#') continue;
    auto coordinates = take_until(line, "=");
    const auto group = take_until(coordinates, ":"), name = take_until(coordinates, ":");
    const auto version = take_until(coordinates, ":");
    if (name.empty()) continue;
    bool development = true;
    while (!line.empty()) development = for_development(take_until(line, ",")) && development;
    const auto start = reading.offset(name);
    reading.add(Ecosystem::maven, std::string(group) + ":" + std::string(name), start, start + name.size(),
                {.version = version, .locked = true, .development = development, .direct = false});
  }
}

// `"group" % "artifact" % "version" % Test`; `%%` adds the version of Scala to the artifact, `%%%` the
// platform.
void read_sbt(Reading& reading) {
  const Script source(reading.text(), lex::Language::scala);
  tell(reading, source);
  auto& manifest = reading.manifest();
  set_if_empty(manifest.package, source.string(source.value_of("name")));
  set_if_empty(manifest.version, source.string(source.value_of("version")));
  const auto past_percents = [&](std::size_t i) {
    while (source.is(i, "%")) ++i;
    return i;
  };
  for (std::size_t i = 0; i < source.size() && !reading.full(); ++i) {
    const auto group = source.string(i);
    if (group.empty() || !source.is(i + 1, "%")) continue;
    const auto at = past_percents(i + 1);
    const auto name = source.string(at);
    if (name.empty() || !source.is(at + 1, "%")) continue;
    const auto version_at = past_percents(at + 1);
    auto last = version_at;
    while (source.is(last + 1, ".")) last += 2;  // of Versions.circe the last name counts
    const auto version = source.string_or_named(last);
    const auto scope = source.is(last + 1, "%") ? source.text(last + 2) : std::string_view();
    const auto start = reading.offset(name);
    reading.add(Ecosystem::maven, std::string(group) + ":" + std::string(name), start, start + name.size(),
                with_version({.development = text::lower(scope).contains("test")}, version));
    i = last;
  }
}

}  // namespace ostiary::scan

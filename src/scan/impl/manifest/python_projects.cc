#include <array>
#include <string>

#include "base/text.h"
#include "lex/language.h"
#include "scan/impl/manifest/reading.h"

// What Python projects say of themselves: pyproject.toml (PEP 518, 621 and 735, and the tables of Poetry,
// PDM, Hatch, Flit, uv and pixi), Pipfile, setup.cfg, setup.py, and the core metadata of what is built of
// them.

namespace ostiary::scan {

namespace {

void describe(Reading& reading, Branch table) {
  auto& manifest = reading.manifest();
  set_if_empty(manifest.package, table["name"].text());
  set_if_empty(manifest.version, table["version"].text());
  const auto license = table["license"];
  set_if_empty(manifest.license, license.is_map() ? license["text"].text() : license.text());
}

// `name = "constraint"`, `name = {version = …}` or a list of either, of Poetry, Pipenv and pixi.
void add_member(Reading& reading, Ecosystem ecosystem, Branch member, Said said) {
  if (member.key() == "python") return;
  auto value = member;
  if (value.is_list()) value = *value.begin();
  auto version = value.is_map() ? value["version"].text() : value.text();
  if (version == "*") version = {};
  said.version = version;
  if (version.starts_with("==") && is_exact(text::trim(version.substr(2)))) {
    said.version = text::trim(version.substr(2));
    said.locked = true;
  } else if (ecosystem == Ecosystem::pypi && is_exact(version) && version.contains('.')) {
    said.locked = true;
  }
  reading.add(ecosystem, member.key(), member.key_start(), member.key_end(), said);
}

void add_members(Reading& reading, Ecosystem ecosystem, Branch table, const Said& said) {
  for (const auto member : table) add_member(reading, ecosystem, member, said);
}

// A table of lists of requirements, by the name of what they are for.
void add_groups(Reading& reading, Branch groups, bool development) {
  for (const auto group : groups)
    add_requirements(reading, group, {.development = development || says_development(group.key())});
}

void read_poetry(Reading& reading, Branch poetry) {
  describe(reading, poetry);
  add_members(reading, Ecosystem::pypi, poetry["dependencies"], {});
  add_members(reading, Ecosystem::pypi, poetry["dev-dependencies"], {.development = true});
  for (const auto group : poetry["group"])
    add_members(reading, Ecosystem::pypi, group["dependencies"],
                {.development = says_development(group.key())});
}

void read_pixi(Reading& reading, Branch pixi) {
  add_members(reading, Ecosystem::conda, pixi["dependencies"], {});
  add_members(reading, Ecosystem::pypi, pixi["pypi-dependencies"], {});
  for (const auto feature : pixi["feature"]) {
    const Said said{.development = says_development(feature.key())};
    add_members(reading, Ecosystem::conda, feature["dependencies"], said);
    add_members(reading, Ecosystem::pypi, feature["pypi-dependencies"], said);
  }
}

void read_tools(Reading& reading, Branch tool) {
  read_poetry(reading, tool["poetry"]);
  read_pixi(reading, tool["pixi"]);
  add_groups(reading, tool["pdm"]["dev-dependencies"], true);
  add_requirements(reading, tool["uv"]["dev-dependencies"], {.development = true});
  for (const auto environment : tool["hatch"]["envs"]) {
    const Said said{.development = environment.key() == "default" || says_development(environment.key())};
    add_requirements(reading, environment["dependencies"], said);
    add_requirements(reading, environment["extra-dependencies"], said);
  }
  const auto flit = tool["flit"]["metadata"];
  add_requirements(reading, flit["requires"], {});
  add_groups(reading, flit["requires-extra"], false);
}

// Sections and members of setup.cfg, whose values go on over indented lines.
class SetupCfg {
 public:
  explicit SetupCfg(Reading& reading) : reading_(reading) {}

  void read() {
    for (auto rest = reading_.text(); !rest.empty() && !reading_.full();) {
      const auto line = take_line(rest);
      const auto content = text::trim(line);
      if (content.empty() || content.front() == '#' || content.front() == ';') continue;
      if (line.front() == '[') {
        section_ = content.substr(1, content.find(']') - 1);
        key_ = {};
      } else if (line.front() == ' ' || line.front() == '\t') {
        value(content);
      } else {
        const auto equals = content.find_first_of("=:");
        key_ = text::trim(content.substr(0, equals));
        if (equals != std::string_view::npos) value(text::trim(content.substr(equals + 1)));
      }
    }
  }

 private:
  void value(std::string_view content) {
    if (content.empty()) return;
    auto& manifest = reading_.manifest();
    if (section_ == "metadata") {
      if (key_ == "name") set_if_empty(manifest.package, content);
      if (key_ == "version") set_if_empty(manifest.version, content);
      if (key_ == "license") set_if_empty(manifest.license, content);
      return;
    }
    const bool tools = key_ == "setup_requires" || key_ == "tests_require";
    const bool extra = section_ == "options.extras_require";
    if (!extra && !(section_ == "options" && (tools || key_ == "install_requires"))) return;
    if (const auto comment = content.find(" #"); comment != std::string_view::npos)
      content = content.substr(0, comment);
    const Said said{.development = tools || (extra && says_development(key_))};
    add_requirement(reading_, content, reading_.offset(content), said);
  }

  Reading& reading_;
  std::string_view section_, key_;
};

// The strings between the tokens `from` and `to` of setup.py, but for the names of extras, which stand before
// a colon.
void add_strings(Reading& reading, const Script& source, std::size_t from, std::size_t to, Said said) {
  const bool development = said.development;
  for (auto i = from; i < to; ++i) {
    const auto string = source.string(i);
    if (source.is(i + 1, ":"))
      said.development = development || says_development(string);
    else if (!string.empty())
      add_requirement(reading, string, reading.offset(string), said);
  }
}

void add_argument(Reading& reading, const Script& source, std::string_view name, bool development) {
  auto at = source.value_of(name);
  // A list that has a name of its own, or several added up.
  for (std::size_t left = 8; left > 0 && at < source.size(); --left) {
    auto from = at;
    if (source.is_word(at) && source.text(at) != name) from = source.value_of(source.text(at));
    const auto close = source.close_of(from);
    if (source.is(from, "[") || source.is(from, "(") || source.is(from, "{"))
      add_strings(reading, source, from, close, {.development = development});
    at = from == at ? close + 1 : at + 1;
    if (!source.is(at, "+")) break;
    ++at;
  }
}

std::string_view header_value(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || !text::iequals(line.substr(0, name.size()), name) ||
      line[name.size()] != ':')
    return {};
  return text::trim(line.substr(name.size() + 1));
}

}  // namespace

void read_pyproject(Reading& reading) {
  const auto tree = Tree::of_toml(reading.text());
  tell(reading, tree);
  const auto root = tree.root();
  const auto project = root["project"];
  describe(reading, project);
  add_requirements(reading, project["dependencies"], {});
  add_groups(reading, project["optional-dependencies"], false);
  add_groups(reading, root["dependency-groups"], false);
  add_requirements(reading, root["build-system"]["requires"], {.development = true});
  read_tools(reading, root["tool"]);
  if (reading.name() == "pixi.toml") read_pixi(reading, root);
}

void read_pipfile(Reading& reading) {
  const auto tree = Tree::of_toml(reading.text());
  tell(reading, tree);
  add_members(reading, Ecosystem::pypi, tree.root()["packages"], {});
  add_members(reading, Ecosystem::pypi, tree.root()["dev-packages"], {.development = true});
}

void read_setup_cfg(Reading& reading) {
  SetupCfg(reading).read();
}

void read_setup_py(Reading& reading) {
  const Script source(reading.text(), lex::Language::python);
  tell(reading, source);
  auto& manifest = reading.manifest();
  set_if_empty(manifest.package, source.string_or_named(source.value_of("name")));
  set_if_empty(manifest.version, source.string_or_named(source.value_of("version")));
  set_if_empty(manifest.license, source.string_or_named(source.value_of("license")));
  add_argument(reading, source, "install_requires", false);
  add_argument(reading, source, "extras_require", false);
  add_argument(reading, source, "setup_requires", true);
  add_argument(reading, source, "tests_require", true);
}

// Core metadata: METADATA of a wheel, PKG-INFO of a source distribution.
void read_core_metadata(Reading& reading) {
  auto& manifest = reading.manifest();
  for (auto rest = reading.text(); !rest.empty() && !reading.full();) {
    const auto line = take_line(rest);
    if (line.empty()) break;  // the description follows
    set_if_empty(manifest.package, header_value(line, "Name"));
    set_if_empty(manifest.version, header_value(line, "Version"));
    set_if_empty(manifest.license, header_value(line, "License-Expression"));
    set_if_empty(manifest.license, header_value(line, "License"));
    const auto requires_dist = header_value(line, "Requires-Dist");
    if (requires_dist.empty()) continue;
    Said said;
    if (const auto extra = requires_dist.find("extra"); extra != std::string_view::npos) {
      auto marker = requires_dist.substr(extra);
      take_until(marker, "'\"");
      said.development = says_development(take_until(marker, "'\""));
    }
    add_requirement(reading, requires_dist, reading.offset(requires_dist), said);
  }
}

// requires.txt of an .egg-info folder: requirements below `[extra:marker]`.
void read_egg_requires(Reading& reading) {
  Said said;
  for (auto rest = reading.text(); !rest.empty() && !reading.full();) {
    auto line = text::trim(take_line(rest));
    if (line.starts_with('[')) {
      line.remove_prefix(1);
      said.development = says_development(take_until(line, "]:"));
    } else if (!line.empty()) {
      add_requirement(reading, line, reading.offset(line), said);
    }
  }
}

}  // namespace ostiary::scan

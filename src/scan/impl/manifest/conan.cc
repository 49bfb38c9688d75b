#include "base/text.h"
#include "lex/language.h"
#include "scan/impl/manifest/reading.h"

// Conan (conanfile.txt, conanfile.py, conan.lock) and vcpkg (vcpkg.json).

namespace ostiary::scan {

namespace {

// `name/version[@user/channel][#revision][%time]`, where the version may be a range in brackets.
void add_reference(Reading& reading, std::string_view reference, std::size_t offset, Said said) {
  auto rest = reference;
  const auto name = take_until(rest, "/");
  if (rest.empty()) return;
  auto version = rest.starts_with('[') ? rest.substr(1, rest.find(']') - 1) : take_until(rest, "@#% ");
  const auto start = offset + static_cast<std::size_t>(name.data() - reference.data());
  reading.add(Ecosystem::conan, name, start, start + name.size(), with_version(said, version));
}

bool for_tools(std::string_view name) {
  return name == "build_requires" || name == "tool_requires" || name == "test_requires";
}

void add_vcpkg(Reading& reading, Branch dependencies, bool development) {
  for (const auto one : dependencies) {
    const auto name = one.is_map() ? one["name"] : one;
    Said said{.development = development || one["host"].is_true()};
    said.version = one["version>="].text();
    reading.add(Ecosystem::vcpkg, name.text(), name.start(), name.end_of_text(), said);
  }
}

}  // namespace

void read_conanfile_txt(Reading& reading) {
  std::string_view section;
  for (auto rest = reading.text(); !rest.empty() && !reading.full();) {
    auto line = take_line(rest);
    if (const auto comment = line.find(" #"); comment != std::string_view::npos)
      line = line.substr(0, comment);
    line = text::trim(line);
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[')
      section = line.substr(1, line.find(']') - 1);
    else if (section == "requires" || for_tools(section))
      add_reference(reading, line, reading.offset(line), {.development = for_tools(section)});
  }
}

// `requires = "a/1", "b/2"`, `self.requires("a/1")` and the same of tools and tests.
void read_conanfile_py(Reading& reading) {
  const Script source(reading.text(), lex::Language::python);
  tell(reading, source);
  auto& manifest = reading.manifest();
  set_if_empty(manifest.package, source.string(source.value_of("name")));
  set_if_empty(manifest.version, source.string(source.value_of("version")));
  set_if_empty(manifest.license, source.string(source.value_of("license")));
  for (std::size_t i = 0; i < source.size() && !reading.full(); ++i) {
    const auto word = source.text(i);
    if (word != "requires" && !for_tools(word)) continue;
    const Said said{.development = for_tools(word)};
    auto at = i + 1;
    const bool call = source.is(at, "(");
    if (!call && !source.is(at, "=")) continue;
    while (source.is(at + 1, "[") || source.is(at + 1, "(")) ++at;
    for (++at; source.is_string(at); at += 2) {
      if (const auto string = source.string(at); !string.empty())
        add_reference(reading, string, reading.offset(string), said);
      if (call || !source.is(at + 1, ",")) break;
    }
  }
}

void read_conan_lock(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  for (const auto* name : {"requires", "build_requires", "python_requires"})
    for (const auto one : tree.root()[name])
      add_reference(reading, one.text(), one.start(),
                    {.development = std::string_view(name) != "requires", .direct = false});
}

void read_vcpkg_json(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  const auto root = tree.root();
  auto& manifest = reading.manifest();
  set_if_empty(manifest.package, root["name"].text());
  for (const auto* name : {"version", "version-semver", "version-string", "version-date"})
    set_if_empty(manifest.version, root[name].text());
  set_if_empty(manifest.license, root["license"].text());
  add_vcpkg(reading, root["dependencies"], false);
  for (const auto feature : root["features"])
    add_vcpkg(reading, feature["dependencies"], says_development(feature.key()));
}

}  // namespace ostiary::scan

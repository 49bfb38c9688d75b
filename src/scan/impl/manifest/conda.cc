#include "base/text.h"
#include "scan/impl/manifest/reading.h"

namespace ostiary::scan {

// `[channel::]name[ constraint]` and `name=version[=build]`, a match specification of conda.
void add_conda_match(Reading& reading, std::string_view whole, std::size_t offset, Said said) {
  auto spec = text::trim(whole);
  const auto channel = spec.find("::");
  if (channel != std::string_view::npos) spec.remove_prefix(channel + 2);
  const auto end = spec.find_first_of(" =<>!~[");
  const auto name = spec.substr(0, end);
  auto version = end == std::string_view::npos ? std::string_view() : text::trim(spec.substr(end));
  version = text::trim(version.substr(0, version.find('[')));
  said.version = version;
  auto pin = version;
  while (pin.starts_with('=')) pin.remove_prefix(1);
  const auto build = pin.find('=');
  if ((version.starts_with("==") || (version.starts_with('=') && build != std::string_view::npos)) &&
      is_exact(pin.substr(0, build))) {
    said.version = pin.substr(0, build);
    said.locked = true;
  }
  if (name == "python" || name == "pip") return;
  const auto start = offset + static_cast<std::size_t>(name.data() - whole.data());
  reading.add(Ecosystem::conda, name, start, start + name.size(), said);
}

// environment.yml: specifications, and below `pip:` requirements.
void read_conda_environment(Reading& reading) {
  const auto tree = Tree::of_yaml(reading.text());
  tell(reading, tree);
  for (const auto document : tree.root()) {
    set_if_empty(reading.manifest().package, document["name"].text());
    for (const auto one : document["dependencies"]) {
      if (one.is_scalar()) add_conda_match(reading, one.text(), one.start(), {});
      for (const auto tool : one)
        if (tool.key() == "pip") add_requirements(reading, tool, {});
    }
  }
}

// conda-lock.yml
void read_conda_lock(Reading& reading) {
  const auto tree = Tree::of_yaml(reading.text());
  tell(reading, tree);
  for (const auto document : tree.root())
    for (const auto package : document["package"]) {
      const auto name = package["name"];
      const auto category = package["category"].text();
      const auto version = package["version"].text();
      reading.add(package["manager"].text() == "pip" ? Ecosystem::pypi : Ecosystem::conda, name.text(),
                  name.start(), name.end_of_text(),
                  {.version = version,
                   .locked = !version.empty(),
                   .development = !category.empty() && category != "main",
                   .direct = false});
    }
}

}  // namespace ostiary::scan

#include "base/text.h"
#include "scan/impl/manifest/reading.h"

// composer.json, composer.lock and vendor/composer/installed.json.

namespace ostiary::scan {

namespace {

void add_locked(Reading& reading, Branch packages, bool development) {
  for (const auto package : packages) {
    const auto name = package["name"];
    const auto version = package["version"].text();
    reading.add(
        Ecosystem::composer, name.text(), name.start(), name.end_of_text(),
        {.version = version, .locked = is_exact(version), .development = development, .direct = false});
  }
}

}  // namespace

void read_composer_json(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  for (const auto member : tree.root()) {
    if (member.key() == "name") set_if_empty(reading.manifest().package, member.text());
    if (member.key() == "version") set_if_empty(reading.manifest().version, member.text());
    if (member.key() == "license")
      set_if_empty(reading.manifest().license, member.is_list() ? (*member.begin()).text() : member.text());
    if (member.key() != "require" && member.key() != "require-dev") continue;
    // Without a slash they are PHP itself and its extensions.
    for (const auto one : member)
      if (one.key().contains('/'))
        reading.add(Ecosystem::composer, one.key(), one.key_start(), one.key_end(),
                    with_version({.development = member.key() == "require-dev"}, one.text()));
  }
}

void read_composer_lock(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  const auto root = tree.root();
  if (root.is_list()) return add_locked(reading, root, false);  // installed.json of Composer 1
  add_locked(reading, root["packages"], false);
  add_locked(reading, root["packages-dev"], true);
}

}  // namespace ostiary::scan

#include <array>
#include <string>

#include "base/text.h"
#include "scan/impl/manifest/reading.h"

// debian/control, the control file of a binary package, and dpkg's list of what is installed (Debian Policy,
// chapters 5 and 7).

namespace ostiary::scan {

namespace {

enum class Relation : std::uint8_t { none, runtime, build };

Relation relation_of(std::string_view field) {
  constexpr std::array<std::string_view, 4> runtime = {"Depends", "Pre-Depends", "Recommends", "Suggests"};
  for (const auto one : runtime)
    if (text::iequals(field, one)) return Relation::runtime;
  return field.size() >= 13 && text::iequals(field.substr(0, 13), "Build-Depends") ? Relation::build
                                                                                   : Relation::none;
}

// `name:arch (>= 1.2) [amd64] <!nocheck>`, one of the alternatives.
void add_relation(Reading& reading, std::string_view whole, bool development) {
  auto rest = text::trim(whole);
  const auto end = rest.find_first_of(" \t\r\n([<:");
  const auto name = rest.substr(0, end);
  if (name.empty() || name.front() == '$') return;
  Said said{.development = development};
  if (const auto open = rest.find('('); open != std::string_view::npos)
    said.version = text::trim(rest.substr(open + 1, rest.find(')', open) - open - 1));
  if (said.version.starts_with('=') && !said.version.contains('$')) {
    said.version = text::trim(said.version.substr(1));
    said.locked = true;
  }
  reading.add(Ecosystem::debian, name, said);
}

void add_relations(Reading& reading, std::string_view value, bool development) {
  while (!value.empty() && !reading.full()) {
    const auto one = take_until(value, ",|");
    if (!one.empty()) add_relation(reading, one, development);
  }
}

// Calls `field` for each field of a control file, with its value over all its lines, and with an empty name
// at the end of each paragraph.
template <class Field>
void for_each_field(Reading& reading, const Field& field) {
  std::string_view name, value;
  const auto done = [&] {
    if (!name.empty()) field(name, value);
    name = value = {};
  };
  for (auto rest = reading.text(); !rest.empty() && !reading.full();) {
    const auto line = take_line(rest);
    if (line.starts_with('#')) {
      // A comment ends what stood above it, so that it is not part of a value.
      if (!name.empty()) field(name, value);
      value = {};
    } else if (text::trim(line).empty()) {
      done();
      field(std::string_view(), std::string_view());
    } else if (line.front() == ' ' || line.front() == '\t') {
      const auto* const from = value.empty() ? line.data() : value.data();
      value = std::string_view(from, static_cast<std::size_t>(line.data() + line.size() - from));
    } else {
      done();
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      name = line.substr(0, colon);
      value = line.substr(colon + 1);
    }
  }
  done();
  field(std::string_view(), std::string_view());
}

}  // namespace

void read_debian_control(Reading& reading) {
  for_each_field(reading, [&](std::string_view field, std::string_view value) {
    auto& manifest = reading.manifest();
    if (text::iequals(field, "Source") || text::iequals(field, "Package"))
      set_if_empty(manifest.package, value);
    if (text::iequals(field, "Version")) set_if_empty(manifest.version, value);
    const auto relation = relation_of(field);
    if (relation != Relation::none) add_relations(reading, value, relation == Relation::build);
  });
}

// /var/lib/dpkg/status and the files of status.d: what is installed.
void read_dpkg_status(Reading& reading) {
  std::string_view package, version;
  bool installed = true;
  for_each_field(reading, [&](std::string_view field, std::string_view value) {
    if (text::iequals(field, "Package")) package = text::trim(value);
    if (text::iequals(field, "Version")) version = text::trim(value);
    if (text::iequals(field, "Status")) installed = text::trim(value).ends_with(" installed");
    if (!field.empty()) return;
    if (!package.empty() && installed)
      reading.add(Ecosystem::debian, package,
                  {.version = version, .locked = !version.empty(), .direct = false});
    package = version = {};
    installed = true;
  });
}

}  // namespace ostiary::scan

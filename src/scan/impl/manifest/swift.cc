#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/text.h"
#include "lex/language.h"
#include "scan/impl/manifest/reading.h"

// Package.swift and Package.resolved of the Swift package manager, Cartfile, Podfile.lock.

namespace ostiary::scan {

namespace {

// The string behind `label:` between two tokens.
std::string_view labelled(const Script& source, std::size_t from, std::size_t to, std::string_view label) {
  for (auto i = from; i < to; ++i)
    if (source.is(i, label) && source.is(i + 1, ":")) return source.string_or_named(i + 2);
  return {};
}

std::string constraint_of(const Script& source, std::size_t from, std::size_t to) {
  if (const auto exact = labelled(source, from, to, "exact"); !exact.empty()) return std::string(exact);
  for (auto i = from; i < to; ++i)
    if (source.is(i, "exact") && source.is(i + 1, "(")) return std::string(source.string(i + 2));
  for (const std::string_view label : {"from", "branch", "revision"})
    if (const auto text = labelled(source, from, to, label); !text.empty())
      return std::string(label).append(": ").append(text);
  for (auto i = from; i + 1 < to; ++i)
    if (source.is_string(i) && source.is(i + 1, ".")) {
      auto end = i + 1;
      std::string range(source.string(i));
      while (source.is(end, ".") || source.is(end, "<")) range += source.text(end++);
      return range.append(source.string(end));
    }
  return {};
}

// `name (constraint)`, of Podfile.lock.
std::string_view pod_name(std::string_view text, std::string_view& version) {
  const auto name = take_until(text, " ");
  text = text::trim(text);
  if (text.starts_with('(')) version = text.substr(1, text.find(')') - 1);
  return name;
}

}  // namespace

void read_package_swift(Reading& reading) {
  const Script source(reading.text(), lex::Language::swift);
  tell(reading, source);
  for (std::size_t i = 0; i < source.size() && !reading.full(); ++i) {
    if (source.is(i, "Package") && source.is(i + 1, "(") && source.is(i + 2, "name"))
      set_if_empty(reading.manifest().package, source.string_or_named(i + 4));
    if (!source.is(i, "package") || !source.is(i + 1, "(") || i == 0 || !source.is(i - 1, ".")) continue;
    constexpr std::size_t longest = 64;  // tokens
    const auto end = std::min(source.close_of(i + 1), i + longest);
    auto name = labelled(source, i, end, "url");
    if (name.empty()) name = labelled(source, i, end, "id");
    // The packages of a product are named in `.product(name:, package:)`, which is no call of `package`.
    if (!name.empty()) {
      const auto constraint = constraint_of(source, i, end);
      reading.add(Ecosystem::swift, name, with_version({}, constraint));
    }
  }
}

void read_package_resolved(Reading& reading) {
  const auto tree = Tree::of_json(reading.text());
  tell(reading, tree);
  const auto root = tree.root();
  for (const auto pins : {root["object"]["pins"], root["pins"]})
    for (const auto pin : pins) {
      auto name = pin["location"];
      if (!name) name = pin["repositoryURL"];
      if (!name || name.text().empty() || pin["kind"].text() == "registry") name = pin["identity"];
      const auto state = pin["state"];
      auto version = state["version"].text();
      if (version.empty()) version = state["revision"].text();
      reading.add(Ecosystem::swift, name.text(), name.start(), name.end_of_text(),
                  {.version = version, .locked = !version.empty(), .direct = false});
    }
}

// Cartfile and Cartfile.resolved: `github "owner/name" constraint`, `git "address" "version"`.
void read_cartfile(Reading& reading) {
  const bool resolved = reading.name().ends_with(".resolved");
  for (auto rest = reading.text(); !rest.empty() && !reading.full();) {
    auto line = take_line(rest);
    line = text::trim(line.substr(0, line.find('#')));
    const auto kind = take_until(line, " \t");
    line = text::trim(line);
    if ((kind != "github" && kind != "git") || !line.starts_with('"')) continue;
    line.remove_prefix(1);
    const auto place = take_until(line, "\"");
    line = text::trim(line);
    if (line.starts_with('"')) line = line.substr(1, line.find('"', 1) - 1);
    if (line.starts_with("== ")) line = text::trim(line.substr(3));
    const std::string name =
        kind == "github" && !place.contains("://") ? "github.com/" + std::string(place) : std::string(place);
    const auto start = reading.offset(place);
    auto said = with_version({.direct = !resolved}, line);
    said.locked = said.locked || (resolved && !line.empty());
    reading.add(Ecosystem::swift, name, start, start + place.size(), said);
  }
}

void read_podfile_lock(Reading& reading) {
  const auto tree = Tree::of_yaml(reading.text());
  tell(reading, tree);
  for (const auto document : tree.root()) {
    std::unordered_set<std::string> asked, seen;
    std::string_view version;
    for (const auto one : document["DEPENDENCIES"])
      asked.insert(normalized(Ecosystem::cocoapods, pod_name(one.text(), version)));
    for (const auto one : document["PODS"]) {
      const auto member = one.is_map() ? *one.begin() : Branch();
      const auto start = member ? member.key_start() : one.start();
      version = {};
      const auto name = pod_name(member ? member.key() : one.text(), version);
      const auto pod = normalized(Ecosystem::cocoapods, name);
      if (!seen.insert(pod).second) continue;  // another subspec of it
      reading.add(Ecosystem::cocoapods, name, start, start + name.size(),
                  {.version = version, .locked = !version.empty(), .direct = asked.contains(pod)});
    }
  }
}

}  // namespace ostiary::scan

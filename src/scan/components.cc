// From signs to components.
#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <tuple>
#include <utility>

#include "scan/impl/found.h"
#include "scan/impl/languages.h"

namespace ostiary::scan {

namespace {

using Group = std::vector<Placed>;

// A folder and those above it, from the inside out; the last is empty.
template <class Visit>
bool any_above(std::string_view path, Visit visit) {
  for (auto folder = folder_of(path);; folder = folder_of(folder.substr(0, folder.size() - 1))) {
    if (visit(folder)) return true;
    if (folder.empty()) return false;
  }
}

bool is_use(Grade grade) {
  return grade == Grade::imported || grade == Grade::called;
}

class Maker {
 public:
  explicit Maker(Found found) : found_(std::move(found)) {}
  std::vector<Component> make();

 private:
  // The nearest folder above with a manifest, where a project begins; the top where there is none.
  std::string project_of(std::string_view path) const {
    std::string out;
    any_above(path, [&](std::string_view folder) {
      out = folder;
      return found_.manifests.contains(out);
    });
    return out;
  }
  bool is_own_module(const Placed& placed) const;
  void drop_weak(Group& group) const;
  bool declares(const Group& group, std::string_view folder, std::string_view language) const;
  bool is_undeclared(const Group& group) const;
  bool is_unused(const Group& group) const;
  Component component_of(Group group) const;

  Found found_;
};

// Python looks into the importing file's folder and the top of the path; Ruby has lib/.
bool Maker::is_own_module(const Placed& placed) const {
  if (placed.sign.module.empty()) return false;
  const auto& module = placed.sign.module;
  return any_above(placed.place.file, [&](std::string_view folder) {
    for (const auto* below : {"", "src/", "lib/"})
      if (found_.modules.contains(fmt::format("{}{}{}", folder, below, module))) return true;
    return false;
  });
}

// Within each project: weak signs stay beside one that is not weak, or where two detectors agree.
void Maker::drop_weak(Group& group) const {
  if (std::ranges::none_of(group, [](const auto& p) { return p.sign.weak; })) return;
  std::map<std::string, std::set<std::string_view>> detectors;
  std::set<std::string> sure;
  for (const auto& placed : group) {
    const auto project = project_of(placed.place.file);
    if (placed.sign.weak)
      detectors[project].insert(placed.sign.detector);
    else
      sure.insert(project);
  }
  std::erase_if(group, [&](const Placed& placed) {
    if (!placed.sign.weak) return false;
    if (detectors[project_of(placed.place.file)].size() > 1) return false;
    return !any_above(placed.place.file,
                      [&](std::string_view folder) { return sure.contains(std::string(folder)); });
  });
}

bool Maker::declares(const Group& group, std::string_view folder, std::string_view language) const {
  return std::ranges::any_of(group, [&](const Placed& placed) {
    return placed.sign.ecosystem && language_for(*placed.sign.ecosystem) == language &&
           folder_of(placed.place.file) == folder;
  });
}

// An import whose language has manifests above it, and none of them declares the package.
bool Maker::is_undeclared(const Group& group) const {
  bool uses = false;
  for (const auto& placed : group) {
    if (!is_use(placed.sign.grade) || placed.sign.language.empty()) continue;
    bool has_manifest = false;
    const bool declared = any_above(placed.place.file, [&](std::string_view folder) {
      const auto manifest = found_.manifests.find(std::string(folder));
      if (manifest != found_.manifests.end())
        has_manifest |= std::ranges::any_of(manifest->second, [&](Ecosystem ecosystem) {
          return language_for(ecosystem) == placed.sign.language;
        });
      return declares(group, folder, placed.sign.language);
    });
    if (declared) return false;
    uses |= has_manifest;
  }
  return uses;
}

// A package that the project asks for, with sources of its language below and no import in any of them.
bool Maker::is_unused(const Group& group) const {
  bool asked_for = false;
  for (const auto& placed : group) {
    if (is_use(placed.sign.grade) || placed.sign.grade == Grade::deployed) return false;
    if (!placed.sign.asked_for || !placed.sign.ecosystem) continue;
    const auto language = language_for(*placed.sign.ecosystem);
    const auto folder = std::string(folder_of(placed.place.file));
    asked_for |=
        std::any_of(found_.sources.lower_bound(folder), found_.sources.end(), [&](const auto& source) {
          return source.first.starts_with(folder) && source.second.contains(language);
        });
  }
  return asked_for;
}

Component Maker::component_of(Group group) const {
  Component out;
  out.kind = group.front().sign.kind;
  out.name = group.front().sign.name;
  out.undeclared = is_undeclared(group);
  out.unused = is_unused(group);
  out.places = group.size();
  std::ranges::stable_sort(group, [](const Placed& a, const Placed& b) {
    return std::tie(a.place, b.sign.grade, a.sign.detector) <
           std::tie(b.place, a.sign.grade, b.sign.detector);
  });
  std::string asked, locked;
  for (const auto& placed : group) {
    const auto& sign = placed.sign;
    out.grade = std::max(out.grade, sign.grade);
    if (out.provider.empty()) out.provider = sign.provider;
    if (out.surface.empty()) out.surface = sign.surface;
    if (out.license.empty()) out.license = sign.license;
    auto& version = sign.locked ? locked : asked;
    if (!sign.version.empty() && (version.empty() || sign.version < version)) version = sign.version;
  }
  out.version = locked.empty() ? asked : locked;
  // The strongest evidence stays where there is too much of it.
  std::ranges::stable_sort(group,
                           [](const Placed& a, const Placed& b) { return a.sign.grade > b.sign.grade; });
  if (group.size() > Component::kMostEvidence) group.resize(Component::kMostEvidence);
  for (auto& placed : group)
    out.evidence.push_back({.place = std::move(placed.place),
                            .grade = placed.sign.grade,
                            .detector = std::string(placed.sign.detector),
                            .note = std::move(placed.sign.note)});
  std::ranges::sort(out.evidence);
  const auto twice = std::ranges::unique(out.evidence);
  out.evidence.erase(twice.begin(), twice.end());
  return out;
}

std::vector<Component> Maker::make() {
  std::map<std::pair<Kind, std::string>, Group> groups;
  for (auto& placed : std::exchange(found_.signs, {})) {
    if (is_own_module(placed)) continue;
    auto key = std::pair(placed.sign.kind, placed.sign.name);
    groups[std::move(key)].push_back(std::move(placed));
  }
  std::vector<Component> out;
  for (auto& [key, group] : groups) {
    drop_weak(group);
    if (!group.empty()) out.push_back(component_of(std::move(group)));
  }
  return out;
}

}  // namespace

std::string_view folder_of(std::string_view path) {
  return path.substr(0, path.rfind('/') + 1);
}

bool is_installed(std::string_view path) {
  for (const std::string_view folder : {"node_modules/", "site-packages/", "dist-packages/",
                                        "bower_components/", "Pods/", ".venv/", ".tox/"}) {
    const auto at = path.find(folder);
    if (at != std::string_view::npos && (at == 0 || path[at - 1] == '/')) return true;
  }
  return false;
}

void Found::join(Found&& other) {
  std::ranges::move(other.signs, std::back_inserter(signs));
  std::ranges::move(other.features, std::back_inserter(features));
  std::ranges::move(other.partial, std::back_inserter(partial));
  for (auto& [folder, ecosystems] : other.manifests) manifests[folder].merge(ecosystems);
  for (auto& [folder, languages] : other.sources) sources[folder].merge(languages);
  modules.merge(other.modules);
  files += other.files;
  bytes += other.bytes;
  archives += other.archives;
  cut |= other.cut;
}

std::vector<Component> components_of(Found found) {
  return Maker(std::move(found)).make();
}

}  // namespace ostiary::scan

// From signs to components.
#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <tuple>
#include <utility>

#include "catalog/catalog.h"
#include "scan/impl/formats.h"
#include "scan/impl/found.h"
#include "scan/impl/languages.h"
#include "scan/impl/sdk_names.h"

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

// Whether a package manager of the language has the SDK; what the system brings is declared nowhere.
bool has_package(const std::string& id, std::string_view language) {
  const auto* sdk = catalog::find_sdk(id);
  return sdk != nullptr && std::ranges::any_of(sdk->packages, [&](const auto& package) {
           const auto ecosystem = ecosystem_named(package.ecosystem);
           return ecosystem && language_for(*ecosystem) == language;
         });
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
  bool is_other_package(const Placed& placed) const;
  bool is_own_package(const Placed& placed) const;
  void note_own_packages();
  void drop_others(Group& group) const;
  void drop_rivals();
  void drop_weak(Group& group) const;
  bool declares(const Group& group, std::string_view folder, std::string_view language) const;
  bool is_undeclared(const Group& group) const;
  bool is_unused(const Group& group) const;
  Component component_of(Group group) const;

  Found found_;
  std::map<std::pair<Kind, std::string>, Group> groups_;
};

// Python looks for a module from the top of the path on, which is no package itself, and below src/; Ruby
// below lib/; C beside the file that includes.
bool Maker::is_own_module(const Placed& placed) const {
  const auto& module = placed.sign.module;
  if (module.empty()) return false;
  const auto file = std::string_view(placed.place.file);
  const auto stem = file.substr(0, file.rfind('.'));
  const auto* sdk = catalog::find_sdk(placed.sign.name);
  const bool ambiguous = sdk != nullptr && sdk->ambiguous;
  return any_above(file, [&](std::string_view folder) {
    const auto package = folder.substr(0, folder.empty() ? 0 : folder.size() - 1);
    if (placed.sign.language == "python" && !folder.empty() && found_.modules.contains(package)) return false;
    for (const auto* below : {"", "src/", "lib/", "include/"}) {
      const auto path = fmt::format("{}{}{}", folder, below, module);
      if (path != stem && path != file && found_.modules.contains(path)) return true;
      // An ambiguous name is a folder's of the tree, too, where Python files stand in it.
      const auto inside = ambiguous && placed.sign.language == "python"
                              ? found_.modules.lower_bound(path + "/")
                              : found_.modules.end();
      if (inside != found_.modules.end() && inside->starts_with(path + "/") && !file.starts_with(path + "/"))
        return true;
    }
    return false;
  });
}

// A manifest above has another package of the module's name, or is that package's.
bool Maker::is_other_package(const Placed& placed) const {
  const auto& module = placed.sign.module;
  if (module.empty() || found_.others.empty()) return false;
  return any_above(placed.place.file, [&](std::string_view folder) {
    const auto others = found_.others.find(std::string(folder));
    return others != found_.others.end() && others->second.contains({placed.sign.language, module});
  });
}

// A manifest says that the package is a folder of the tree.
bool Maker::is_own_package(const Placed& placed) const {
  if (!placed.sign.ecosystem || found_.own.empty()) return false;
  const auto key = std::pair(*placed.sign.ecosystem, placed.sign.name);
  const auto says = [&](const auto& manifest) { return manifest.second.contains(key); };
  if (placed.sign.detector == "package")
    return !is_installed(placed.place.file) && std::ranges::any_of(found_.own, says);
  return any_above(placed.place.file, [&](std::string_view folder) {
    const auto own = found_.own.find(std::string(folder));
    return own != found_.own.end() && says(*own);
  });
}

// Within its own folder, too, such a package's modules are the tree's.
void Maker::note_own_packages() {
  for (const auto& placed : found_.signs)
    if (placed.sign.detector == "package" && is_own_package(placed))
      found_.others[std::string(folder_of(placed.place.file))].merge(
          modules_of(*catalog::find_sdk(placed.sign.name), language_for(*placed.sign.ecosystem)));
  std::erase_if(found_.signs, [&](const Placed& placed) { return is_own_package(placed); });
}

// Of one component: imports and calls of what only has its name, unless a manifest above them declares it.
void Maker::drop_others(Group& group) const {
  std::vector<bool> drop(group.size());
  bool any = false;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto& placed = group[i];
    if (placed.sign.module.empty() || (!is_own_module(placed) && !is_other_package(placed))) continue;
    drop[i] = !any_above(placed.place.file, [&](std::string_view folder) {
      return declares(group, folder, placed.sign.language);
    });
    any |= drop[i];
  }
  if (!any) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < group.size(); ++i)
    if (!drop[i]) {
      if (kept != i) group[kept] = std::move(group[i]);
      ++kept;
    }
  group.resize(kept);
}

// Of SDKs that share a name the one counts that a manifest above declares; where none or several do, the
// first.
void Maker::drop_rivals() {
  const auto declared = [&](Kind kind, const std::string& id, const Placed& placed) {
    const auto group = groups_.find(std::pair(kind, id));
    return group != groups_.end() && any_above(placed.place.file, [&](std::string_view folder) {
             return declares(group->second, folder, placed.sign.language);
           });
  };
  const auto loses = [&](const Placed& placed) {
    if (placed.sign.rivals.empty()) return false;
    const auto is_declared = [&](const std::string& id) {
      return declared(Kind::sdk, id, placed) || declared(Kind::framework, id, placed);
    };
    const bool own = is_declared(placed.sign.name);
    return std::ranges::any_of(placed.sign.rivals, [&](const std::string& rival) {
      const bool other = is_declared(rival);
      return other != own ? other : rival < placed.sign.name;
    });
  };
  for (auto& [key, group] : groups_) {
    std::set<std::size_t> losers;
    for (std::size_t i = 0; i < group.size(); ++i)
      if (loses(group[i])) losers.insert(i);
    if (losers.empty()) continue;
    std::size_t at = 0;
    std::erase_if(group, [&](const Placed&) { return losers.contains(at++); });
  }
}

// Within each project: weak signs stay beside one that is not weak, or where two detectors agree.
void Maker::drop_weak(Group& group) const {
  if (std::ranges::none_of(group, [](const auto& p) { return p.sign.weak; })) return;
  std::map<std::string, std::set<std::string_view>> detectors;
  std::set<std::string> sure;
  for (const auto& placed : group) {
    const auto project = project_of(placed.place.file);
    const bool asks = placed.sign.ecosystem.has_value();  // for a package, which an import of it does, too
    if (placed.sign.weak && asks) continue;
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
    return placed.sign.ecosystem && placed.sign.detector != "lock" &&
           language_for(*placed.sign.ecosystem) == language &&
           manifest_folder_of(placed.place.file) == folder;
  });
}

// An import whose language has manifests above it, and none of them declares the package.
bool Maker::is_undeclared(const Group& group) const {
  bool uses = false;
  for (const auto& placed : group) {
    if (!is_use(placed.sign.grade) || placed.sign.language.empty()) continue;
    if (!has_package(placed.sign.name, placed.sign.language)) continue;
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
    const auto folder = std::string(manifest_folder_of(placed.place.file));
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
  out.name = std::ranges::min_element(group, {}, [](const Placed& p) { return p.sign.name; })->sign.name;
  // Only packages are declared; a model that is told by a library has its module, too.
  const bool packaged = out.kind == Kind::sdk || out.kind == Kind::framework;
  out.undeclared = packaged && is_undeclared(group);
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
  note_own_packages();
  for (auto& placed : std::exchange(found_.signs, {})) {
    const bool file = placed.sign.kind == Kind::model_file || placed.sign.kind == Kind::dataset;
    auto key = std::pair(placed.sign.kind, file ? without_shard(placed.sign.name) : placed.sign.name);
    groups_[std::move(key)].push_back(std::move(placed));
  }
  drop_rivals();
  std::vector<Component> out;
  for (auto& [key, group] : groups_) {
    drop_others(group);
    drop_weak(group);
    if (!group.empty()) out.push_back(component_of(std::move(group)));
  }
  return out;
}

}  // namespace

std::string_view folder_of(std::string_view path) {
  return path.substr(0, path.rfind('/') + 1);
}

std::string_view manifest_folder_of(std::string_view path) {
  constexpr std::string_view apart = "requirements/";
  auto folder = folder_of(path);
  if (folder.ends_with(apart) &&
      (folder.size() == apart.size() || folder[folder.size() - apart.size() - 1] == '/'))
    folder.remove_suffix(apart.size());
  return folder;
}

bool is_installed(std::string_view path) {
  for (const std::string_view folder : {"node_modules/", "site-packages/", "dist-packages/",
                                        "bower_components/", "Pods/", ".venv/", ".tox/"}) {
    const auto at = path.find(folder);
    if (at != std::string_view::npos && (at == 0 || path[at - 1] == '/')) return true;
  }
  // A library has a folder of its own below these; a file right in `vendor` may be about sellers.
  for (const std::string_view folder :
       {"vendor/", "vendored/", "third_party/", "third-party/", "thirdparty/", "3rdparty/"})
    for (auto at = path.find(folder); at != std::string_view::npos; at = path.find(folder, at + 1))
      if ((at == 0 || path[at - 1] == '/') && path.find('/', at + folder.size()) != std::string_view::npos)
        return true;
  return false;
}

void Found::join(Found&& other) {
  std::ranges::move(other.signs, std::back_inserter(signs));
  std::ranges::move(other.features, std::back_inserter(features));
  std::ranges::move(other.partial, std::back_inserter(partial));
  for (auto& [folder, ecosystems] : other.manifests) manifests[folder].merge(ecosystems);
  for (auto& [folder, languages] : other.sources) sources[folder].merge(languages);
  modules.merge(other.modules);
  for (auto& [folder, names] : other.others) others[folder].merge(names);
  for (auto& [folder, ids] : other.own) own[folder].merge(ids);
  std::ranges::move(other.model_files, std::back_inserter(model_files));
  files += other.files;
  bytes += other.bytes;
  archives += other.archives;
  cut |= other.cut;
}

std::vector<Component> components_of(Found found) {
  return Maker(std::move(found)).make();
}

}  // namespace ostiary::scan

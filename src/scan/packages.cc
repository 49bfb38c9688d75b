// Manifests and lock files: the packages among them that the catalogue knows.
#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <unordered_map>

#include "catalog/catalog.h"
#include "scan/impl/detectors.h"
#include "scan/impl/found.h"
#include "scan/impl/languages.h"
#include "scan/impl/sdk_names.h"
#include "scan/manifest.h"

namespace ostiary::scan {

namespace {

// SDKs by package, as read_manifest() names them.
class Packages {
 public:
  Packages() {
    for (const auto& sdk : catalog::sdks())
      for (const auto& package : sdk.packages) add(sdk, package);
  }
  const catalog::Sdk* find(Ecosystem ecosystem, std::string_view name) const {
    const auto key = key_of(ecosystem, name);
    if (const auto found = whole_.find(key); found != whole_.end()) return found->second;
    // A prefix ends where a part of the name does.
    for (auto cut = key.size(); cut > 2; --cut) {
      if (std::string_view("/.-:").find(key[cut - 1]) == std::string_view::npos) continue;
      if (const auto found = begins_.find(key.substr(0, cut)); found != begins_.end()) return found->second;
    }
    return nullptr;
  }

 private:
  static std::string key_of(Ecosystem ecosystem, std::string_view name) {
    return fmt::format("{}\n{}", static_cast<int>(ecosystem), name);
  }
  void add(const catalog::Sdk& sdk, const catalog::Sdk::Package& package) {
    const auto ecosystem = ecosystem_named(package.ecosystem);
    if (!ecosystem) return;
    auto name = std::string_view(package.name);
    const bool begins = name.ends_with("/*") || name.ends_with('.');
    if (name.ends_with("/*")) name.remove_suffix(1);
    const auto key = key_of(*ecosystem, begins ? std::string(name) : normalized(*ecosystem, name));
    (begins ? begins_ : whole_).emplace(key, &sdk);
    if (*ecosystem == Ecosystem::go && !begins)
      begins_.emplace(key + "/", &sdk);  // major versions, modules within
  }
  std::unordered_map<std::string, const catalog::Sdk*> whole_, begins_;
};

const Packages& packages() {
  static const Packages all;
  return all;
}

Kind kind_of(const catalog::Sdk& sdk) {
  return sdk.kind == "sdk" ? Kind::sdk : Kind::framework;
}

// Whose packages a file describes that says what it is itself.
std::optional<Ecosystem> ecosystem_of_itself(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  if (name == "package.json") return Ecosystem::npm;
  if (name == "METADATA" || name == "PKG-INFO" || name == "pyproject.toml" || name == "setup.cfg" ||
      name == "setup.py")
    return Ecosystem::pypi;
  if (name == "go.mod") return Ecosystem::go;
  if (name == "Cargo.toml") return Ecosystem::cargo;
  if (name == "composer.json") return Ecosystem::composer;
  if (name.ends_with(".gemspec")) return Ecosystem::gem;
  if (name == "pom.xml" || name == "pom.properties") return Ecosystem::maven;
  if (name == "control") return Ecosystem::debian;
  return std::nullopt;
}

// Notes the module of a package that is no SDK's, where the catalogue knows an SDK's module of that name.
void note_other(Ecosystem ecosystem, std::string_view name, Signs& out) {
  const auto language = language_for(ecosystem);
  if (language != "python" && language != "rust" && language != "ruby" && language != "javascript") return;
  std::string module(name);
  if (language == "python" || language == "rust") std::ranges::replace(module, '-', '_');
  const auto named = sdks_of_import(language, module);
  if (!named || named.name.size() != module.size()) return;
  const auto* packaged = sdks_of_package_name(language, name);
  const bool same = packaged != nullptr && std::ranges::any_of(*packaged, [&](const auto* sdk) {
                      return std::ranges::find(*named.sdks, sdk) != named.sdks->end();
                    });
  if (!same) out.others.emplace(language, std::move(module));
}

// A package of an SDK's name that is the tree's own.
void note_own(const catalog::Sdk& sdk, const Declared& declared, Signs& out) {
  out.own.emplace(declared.ecosystem, sdk.id);
  for (auto& module : modules_of(sdk, language_for(declared.ecosystem))) out.others.insert(std::move(module));
}

// A package that is in the tree itself: installed by a package manager, or what is scanned.
void add_itself(const File& file, const Manifest& manifest, Signs& out) {
  const auto ecosystem = ecosystem_of_itself(file.path);
  if (!ecosystem) return;
  // Where tools are set up, too, the file need not be a manifest.
  if (*ecosystem != Ecosystem::pypi || !manifest.package.empty()) out.declares.insert(*ecosystem);
  if (manifest.package.empty()) return;
  const auto* sdk = packages().find(*ecosystem, normalized(*ecosystem, manifest.package));
  if (!sdk && (*ecosystem == Ecosystem::cargo || *ecosystem == Ecosystem::npm))
    note_other(*ecosystem, normalized(*ecosystem, manifest.package), out);
  if (!sdk) return;
  auto sign = sign_of(*sdk, Grade::declared, "package", 0, 0);
  sign.version = manifest.version;
  sign.locked = !manifest.version.empty();
  sign.ecosystem = ecosystem;
  sign.note = fmt::format("the package {} {} itself", name_of(*ecosystem), manifest.package);
  out.add(std::move(sign));
}

}  // namespace

Sign sign_of(const catalog::Sdk& sdk, Grade grade, std::string_view detector, std::uint64_t start,
             std::uint64_t end) {
  return {.kind = kind_of(sdk),
          .name = sdk.id,
          .grade = grade,
          .detector = detector,
          .start = start,
          .end = end,
          .provider = sdk.provider,
          .surface = sdk.surface,
          .license = sdk.license == "unknown" ? std::string() : sdk.license};
}

const catalog::Sdk* sdk_of_package(Ecosystem ecosystem, std::string_view name) {
  return packages().find(ecosystem, name);
}

void signs_in_manifest(const File& file, Signs& out) {
  auto manifest = read_manifest(file.path, file.bytes);
  std::ranges::move(manifest.partial, std::back_inserter(out.partial));
  const bool installed = is_installed(file.path);
  for (const auto& declared : manifest.declared) {
    if (declared.direct) out.declares.insert(declared.ecosystem);
    if (installed) continue;
    const auto* sdk = packages().find(declared.ecosystem, declared.name);
    if (!sdk) {
      note_other(declared.ecosystem, declared.alias.empty() ? declared.name : declared.alias, out);
      continue;
    }
    if (declared.own) {
      note_own(*sdk, declared, out);
      continue;
    }
    auto sign = sign_of(*sdk, Grade::declared, declared.locked && !declared.direct ? "lock" : "manifest",
                        declared.start, declared.end);
    // A cloud's library is for all of its services.
    sign.weak = sdk->ambiguous && sdk->surface == "via-cloud";
    sign.version = declared.version;
    sign.locked = declared.locked;
    sign.ecosystem = declared.ecosystem;
    // Under another name nobody can tell who imports it.
    sign.asked_for = declared.direct && declared.alias.empty();
    sign.note = fmt::format("{} {}{}{}", name_of(declared.ecosystem), declared.name,
                            declared.version.empty() ? "" : " ", declared.version);
    out.add(std::move(sign));
  }
  add_itself(file, manifest, out);
}

}  // namespace ostiary::scan

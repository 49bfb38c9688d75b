#include "scan/manifest.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "scan/impl/manifest/reading.h"
#include "scan/impl/manifest/to_utf8.h"

namespace ostiary::scan {

namespace {

using Reader = void (*)(Reading&);

struct Named {
  std::string_view name;  // in small letters
  Reader read = nullptr;
};

// Whole names.
constexpr std::array kNames = {
    Named{"build.gradle", read_gradle},
    Named{"build.gradle.kts", read_gradle_kotlin},
    Named{"bun.lock", read_bun_lock},
    Named{"cargo.lock", read_cargo_lock},
    Named{"cargo.toml", read_cargo_toml},
    Named{"cargo.toml.orig", read_cargo_toml},
    Named{"cartfile", read_cartfile},
    Named{"cartfile.private", read_cartfile},
    Named{"cartfile.resolved", read_cartfile},
    Named{"cmakelists.txt", read_cmake},
    Named{"composer.json", read_composer_json},
    Named{"composer.lock", read_composer_lock},
    Named{"conan.lock", read_conan_lock},
    Named{"conanfile.py", read_conanfile_py},
    Named{"conanfile.txt", read_conanfile_txt},
    Named{"conda-lock.yml", read_conda_lock},
    Named{"deno.json", read_deno_json},
    Named{"deno.jsonc", read_deno_json},
    Named{"deno.lock", read_deno_lock},
    Named{"dependencies.scala", read_sbt},
    Named{"dotnet-tools.json", read_dotnet_tools},
    Named{"gemfile", read_gemfile},
    Named{"gemfile.lock", read_gemfile_lock},
    Named{"gems.locked", read_gemfile_lock},
    Named{"gems.rb", read_gemfile},
    Named{"go.mod", read_go_mod},
    Named{"go.work", read_go_mod},
    Named{"gradle.lockfile", read_gradle_lock},
    Named{"import_map.json", read_deno_json},
    Named{"ivy.xml", read_ivy},
    Named{"meson.build", read_meson},
    Named{"npm-shrinkwrap.json", read_npm_lock},
    Named{"package-lock.json", read_npm_lock},
    Named{"package.json", read_package_json},
    Named{"package.resolved", read_package_resolved},
    Named{"package.swift", read_package_swift},
    Named{"packages.config", read_nuget_config},
    Named{"packages.lock.json", read_nuget_lock},
    Named{"paket.dependencies", read_paket},
    Named{"paket.lock", read_paket_lock},
    Named{"paket.references", read_paket},
    Named{"pdm.lock", read_pdm_lock},
    Named{"pipfile", read_pipfile},
    Named{"pipfile.lock", read_pipfile_lock},
    Named{"pixi.toml", read_pyproject},
    Named{"pkg-info", read_core_metadata},
    Named{"pnpm-lock.yaml", read_pnpm_lock},
    Named{"podfile", read_podfile},
    Named{"podfile.lock", read_podfile_lock},
    Named{"poetry.lock", read_poetry_lock},
    Named{"pom.properties", read_pom_properties},
    Named{"pom.xml", read_pom},
    Named{"project.assets.json", read_nuget_assets},
    Named{"pylock.toml", read_pdm_lock},
    Named{"pyproject.toml", read_pyproject},
    Named{"setup.cfg", read_setup_cfg},
    Named{"setup.py", read_setup_py},
    Named{"uv.lock", read_uv_lock},
    Named{"vcpkg.json", read_vcpkg_json},
    Named{"yarn.lock", read_yarn_lock},
};
static_assert(std::ranges::is_sorted(kNames, {}, &Named::name));

// Names of which a part is known: text::glob.
constexpr std::array kPatterns = {
    Named{"*.cmake", read_cmake},
    Named{"*.csproj", read_msbuild},
    Named{"*.deps.json", read_nuget_assets},
    Named{"*.fsproj", read_msbuild},
    Named{"*.gemspec", read_gemspec},
    Named{"*.gradle", read_gradle},
    Named{"*.gradle.kts", read_gradle_kotlin},
    Named{"*.nuspec", read_nuspec},
    Named{"*.podspec", read_podspec},
    Named{"*.pom", read_pom},
    Named{"*.sbt", read_sbt},
    Named{"*.vbproj", read_msbuild},
    Named{"*.versions.toml", read_gradle_catalog},
    Named{"*constraints*.txt", read_requirements},
    Named{"*environment*.yaml", read_conda_environment},
    Named{"*environment*.yml", read_conda_environment},
    Named{"*requirements*.in", read_requirements},
    Named{"*requirements*.lock", read_requirements},
    Named{"*requirements*.txt", read_requirements},
    Named{"directory.*.props", read_msbuild},
    Named{"directory.*.targets", read_msbuild},
    Named{"pylock.*.toml", read_pdm_lock},
};

// Names that say something in one folder only; the folder's name is a text::glob too.
struct Placed {
  std::string_view folder, name;
  Reader read = nullptr;
};
constexpr std::array kPlaced = {
    Placed{"requirements", "*.txt", read_requirements},
    Placed{"requirements", "*.in", read_requirements},
    Placed{"*.dist-info", "metadata", read_core_metadata},
    Placed{"*.egg-info", "requires.txt", read_egg_requires},
    Placed{"vendor", "modules.txt", read_go_vendor},
    Placed{"composer", "installed.json", read_composer_lock},
    Placed{"meta-inf", "manifest.mf", read_jar_manifest},
    Placed{"debian", "control", read_debian_control},
    Placed{"dpkg", "status", read_dpkg_status},
    Placed{"status.d", "*", read_dpkg_status},
};

Reader reader_of(std::string_view path) {
  constexpr std::size_t longest = 255;
  const auto slash = path.rfind('/');
  const auto base = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (base.empty() || base.size() > longest) return nullptr;
  const auto name = text::lower(base);
  const auto* const whole = std::ranges::lower_bound(kNames, std::string_view(name), {}, &Named::name);
  if (whole != kNames.end() && whole->name == name) return whole->read;
  for (const auto& one : kPatterns)
    if (text::glob(one.name, name)) return one.read;
  if (slash == std::string_view::npos) return nullptr;
  auto folder = path.substr(0, slash);
  folder.remove_prefix(folder.rfind('/') + 1);
  if (folder.size() > longest) return nullptr;
  const auto parent = text::lower(folder);
  for (const auto& one : kPlaced)
    if (text::glob(one.folder, parent) && text::glob(one.name, name)) return one.read;
  return nullptr;
}

}  // namespace

bool is_manifest(std::string_view path) {
  return reader_of(path) != nullptr;
}

Manifest read_manifest(std::string_view path, std::string_view bytes) {
  Manifest out;
  const auto read = reader_of(path);
  if (!read) return out;
  if (bytes.size() > kManifestBytes) {
    out.partial.push_back({std::string(path), files::Why::too_large,
                           "a manifest of more than " + text::format_bytes(kManifestBytes)});
    return out;
  }
  const Utf8 utf8(bytes);
  Reading reading(path, utf8.text(), out);
  read(reading);
  utf8.to_original(out.declared);
  return out;
}

}  // namespace ostiary::scan

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "scan/impl/script.h"
#include "scan/impl/tree.h"
#include "scan/manifest.h"

namespace ostiary::scan {

// What a manifest says of one package besides its name.
struct Said {
  std::string_view version = {};
  std::string_view alias = {};
  bool locked = false;
  bool development = false;
  bool direct = true;
  bool own = false;
};

// A file that is being read: its text, which is UTF-8 or nearly so, and what was found in it so far. Readers
// give places as offsets in text().
class Reading {
 public:
  Reading(std::string_view path, std::string_view text, Manifest& out)
      : path_(path), text_(text), out_(&out) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  std::string_view path() const { return path_; }
  std::string_view name() const { return path_.substr(path_.rfind('/') + 1); }
  std::string_view text() const { return text_; }
  Manifest& manifest() const { return *out_; }

  // Takes a package. Names that cannot be one (empty, over 512 bytes, with blanks, control characters or an
  // unresolved `${`) are passed over. False: there are too many, and the reader should end.
  bool add(Ecosystem ecosystem, std::string_view name, std::size_t start, std::size_t end, const Said& said);
  // The same for a name that is a view of text().
  bool add(Ecosystem ecosystem, std::string_view name, const Said& said) {
    const auto start = offset(name);
    return add(ecosystem, name, start, start + name.size(), said);
  }
  std::size_t offset(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - text_.data());
  }
  // Something was not understood. The first of each kind is kept.
  void partial(files::Why why, std::string text);
  bool full() const { return full_; }

 private:
  std::string_view path_, text_;
  Manifest* out_;
  bool full_ = false;
};

// A line of `text` without its line end; `text`, which must not be empty, is then the rest behind it.
std::string_view take_line(std::string_view& text);
// What stands before `mark`, blanks off both ends; `text` is then the rest behind it, or empty.
std::string_view take_until(std::string_view& text, std::string_view marks);

// Whether a name (of a file, a group, an extra) says that what it holds is for tests, builds or tools. Its
// words stand between `/`, `-`, `_`, `.` and blanks.
bool says_development(std::string_view name);
// `1.2.3`, `v1.2.3-rc.1+build`: a version and not a range of them.
bool is_exact(std::string_view version);
// `said` with that version, which is locked where it is exact.
Said with_version(Said said, std::string_view version);
// Of what a manifest says of itself the first counts, blanks off both ends.
void set_if_empty(std::string& field, std::string_view text);

// Hands what a tree could not read, or that a program is too large, to the reading.
void tell(Reading& reading, const Tree& tree);
void tell(Reading& reading, const Script& source);

// A PEP 508 requirement: `name[extras] constraint ; marker` or `name @ url`. The marker is cut off; of an
// exact pin (`==1.2`, `===1.2`) the version is the pin. `offset`: where it stands. False: not a requirement.
bool add_requirement(Reading& reading, std::string_view requirement, std::size_t offset, Said said);
// `[channel::]name[constraint]`, a match specification of conda.
void add_conda_match(Reading& reading, std::string_view specification, std::size_t offset, Said said);
// Each of a list of requirements.
void add_requirements(Reading& reading, Branch list, const Said& said);

// Readers, by format.
void read_bun_lock(Reading& reading);
void read_cargo_lock(Reading& reading);
void read_cargo_toml(Reading& reading);
void read_cartfile(Reading& reading);
void read_cmake(Reading& reading);
void read_composer_json(Reading& reading);
void read_composer_lock(Reading& reading);
void read_conan_lock(Reading& reading);
void read_conanfile_py(Reading& reading);
void read_conanfile_txt(Reading& reading);
void read_conda_environment(Reading& reading);
void read_conda_lock(Reading& reading);
void read_core_metadata(Reading& reading);
void read_debian_control(Reading& reading);
void read_deno_json(Reading& reading);
void read_deno_lock(Reading& reading);
void read_dotnet_tools(Reading& reading);
void read_dpkg_status(Reading& reading);
void read_egg_requires(Reading& reading);
void read_gemfile(Reading& reading);
void read_gemfile_lock(Reading& reading);
void read_gemspec(Reading& reading);
void read_go_mod(Reading& reading);
void read_go_vendor(Reading& reading);
void read_gradle(Reading& reading);
void read_gradle_catalog(Reading& reading);
void read_gradle_kotlin(Reading& reading);
void read_gradle_lock(Reading& reading);
void read_ivy(Reading& reading);
void read_jar_manifest(Reading& reading);
void read_meson(Reading& reading);
void read_msbuild(Reading& reading);
void read_npm_lock(Reading& reading);
void read_nuget_assets(Reading& reading);
void read_nuget_config(Reading& reading);
void read_nuget_lock(Reading& reading);
void read_nuspec(Reading& reading);
void read_package_json(Reading& reading);
void read_package_resolved(Reading& reading);
void read_package_swift(Reading& reading);
void read_paket(Reading& reading);
void read_paket_lock(Reading& reading);
void read_pdm_lock(Reading& reading);
void read_pipfile(Reading& reading);
void read_pipfile_lock(Reading& reading);
void read_pnpm_lock(Reading& reading);
void read_podfile(Reading& reading);
void read_podfile_lock(Reading& reading);
void read_podspec(Reading& reading);
void read_poetry_lock(Reading& reading);
void read_pom(Reading& reading);
void read_pom_properties(Reading& reading);
void read_pyproject(Reading& reading);
void read_requirements(Reading& reading);
void read_sbt(Reading& reading);
void read_setup_cfg(Reading& reading);
void read_setup_py(Reading& reading);
void read_uv_lock(Reading& reading);
void read_vcpkg_json(Reading& reading);
void read_yarn_lock(Reading& reading);

}  // namespace ostiary::scan

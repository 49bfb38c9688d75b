#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files/partial.h"

namespace ostiary::scan {

// Where a package is published. The names are those of `packages[].ecosystem` in catalog/schema/sdk.yaml.
enum class Ecosystem : std::uint8_t {
  pypi,
  npm,
  go,
  maven,
  nuget,
  gem,
  cargo,
  composer,
  swift,
  cocoapods,
  conan,
  vcpkg,
  cmake,
  conda,
  debian,
};
std::string_view name_of(Ecosystem ecosystem);  // "pypi"

// A package's name as its ecosystem compares it, so that two spellings of one package are equal: PyPI by PEP
// 503, NuGet, Composer, Conan, vcpkg, conda and Debian in small letters, Cargo in small letters with `-` for
// `_`, Swift as the repository's address without scheme, user and `.git` in small letters, CocoaPods without
// the subspec. The others compare byte by byte and stay as they are. For any bytes; linear.
std::string normalized(Ecosystem ecosystem, std::string_view name);

// One package that a manifest or lock file names.
struct Declared {
  Ecosystem ecosystem = Ecosystem::pypi;
  std::string name;     // normalized(); maven group:artifact, go the module's path, swift the address
  std::string version;  // the exact one where `locked`, else the constraint as written; empty where none
  std::string alias;    // the name by which the project's own code knows it, where that is another
  bool locked = false;  // `version` is what gets installed, as far as this file tells: a lock file, a pin
  bool development = false;  // for tests, builds or tools only
  bool direct = true;  // the project itself asks for it; false for what only a dependency needs, and for a
                       // version that is kept for those who ask
  bool own = false;    // it lies in a folder of the tree, by a name that is only its own there
  std::uint64_t start = 0, end = 0;  // bytes of the file in which its name stands

  bool operator==(const Declared&) const = default;
};

// What one file says. Where `partial` is not empty there may be more in the file than `declared` tells.
struct Manifest {
  std::vector<Declared> declared;         // in the file's order
  std::string package, version, license;  // of the project that the file describes; empty where it says none
  std::vector<files::Partial> partial;
};

// Limits of read_manifest(); what goes beyond is left out and told of in `partial`.
inline constexpr std::uint64_t kManifestBytes = 64u << 20;
inline constexpr std::size_t kManifestPackages = 200'000;

// Whether read_manifest() knows a file by this name. Only the last two parts of the path count.
bool is_manifest(std::string_view path);

// Reads a manifest or lock file. Total and linear: whatever the bytes are, what was understood is given, and
// what was not is an entry of `partial`, whose path is `path`. Text may be UTF-8, with or without a
// byte-order mark, or UTF-16 with one (offsets are of the bytes as they came); other bytes are kept where
// they do no harm. Commented-out lines do not count, and nothing that the file refers to is opened. A file
// that is_manifest() does not know gives an empty Manifest. For any number of threads.
Manifest read_manifest(std::string_view path, std::string_view bytes);

}  // namespace ostiary::scan

#include "scan/impl/languages.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace ostiary::scan {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr auto kEndings = std::to_array<Pair>({
    {".c", "c"},
    {".cc", "c"},
    {".cjs", "javascript"},
    {".cpp", "c"},
    {".cs", "csharp"},
    {".cts", "javascript"},
    {".cu", "c"},
    {".cxx", "c"},
    {".fs", "csharp"},
    {".gemspec", "ruby"},
    {".go", "go"},
    {".groovy", "java"},
    {".h", "c"},
    {".hh", "c"},
    {".hpp", "c"},
    {".hxx", "c"},
    {".ipynb", "python"},
    {".java", "java"},
    {".js", "javascript"},
    {".jsx", "javascript"},
    {".kt", "java"},
    {".kts", "java"},
    {".m", "c"},
    {".mjs", "javascript"},
    {".mm", "c"},
    {".mts", "javascript"},
    {".php", "php"},
    {".py", "python"},
    {".pyi", "python"},
    {".pyx", "python"},
    {".rake", "ruby"},
    {".rb", "ruby"},
    {".rs", "rust"},
    {".sc", "java"},
    {".scala", "java"},
    {".svelte", "javascript"},
    {".swift", "swift"},
    {".ts", "javascript"},
    {".tsx", "javascript"},
    {".vb", "csharp"},
    {".vue", "javascript"},
});

}  // namespace

std::string_view import_language_of(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const auto ending = text::lower(name.substr(dot));
  const auto found = std::ranges::lower_bound(kEndings, std::string_view(ending), {}, &Pair::first);
  return found != kEndings.end() && found->first == ending ? found->second : std::string_view();
}

std::string_view language_for(Ecosystem ecosystem) {
  switch (ecosystem) {
    case Ecosystem::pypi:
    case Ecosystem::conda:
      return "python";
    case Ecosystem::npm:
      return "javascript";
    case Ecosystem::go:
      return "go";
    case Ecosystem::maven:
      return "java";
    case Ecosystem::nuget:
      return "csharp";
    case Ecosystem::gem:
      return "ruby";
    case Ecosystem::cargo:
      return "rust";
    case Ecosystem::composer:
      return "php";
    case Ecosystem::swift:
    case Ecosystem::cocoapods:
      return "swift";
    case Ecosystem::conan:
    case Ecosystem::vcpkg:
    case Ecosystem::cmake:
      return "c";
    case Ecosystem::debian:
      return {};
  }
  return {};
}

std::optional<Ecosystem> ecosystem_named(std::string_view name) {
  for (auto i = 0; i <= static_cast<int>(Ecosystem::debian); ++i)
    if (name_of(static_cast<Ecosystem>(i)) == name) return static_cast<Ecosystem>(i);
  return std::nullopt;
}

}  // namespace ostiary::scan

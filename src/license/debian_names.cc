// Names of licences as Debian's copyright files write them.

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "catalog/spdx.h"
#include "license/expression.h"

namespace ostiary::license {

namespace {

// Names of copyright-format 1.0 (section 7.1) and of common use that differ from SPDX in more than the
// version.
constexpr std::array<std::pair<std::string_view, std::string_view>, 30> kNames = {{
    {"apache-1", "Apache-1.0"},
    {"apache-2", "Apache-2.0"},
    {"artistic", "Artistic-1.0-Perl"},
    {"artistic-1", "Artistic-1.0-Perl"},
    {"artistic-2", "Artistic-2.0"},
    {"boost", "BSL-1.0"},
    {"boost-1.0", "BSL-1.0"},
    {"bsd-2", "BSD-2-Clause"},
    {"bsd-2-clauses", "BSD-2-Clause"},
    {"bsd-3", "BSD-3-Clause"},
    {"bsd-3-clauses", "BSD-3-Clause"},
    {"bsd-4", "BSD-4-Clause"},
    {"bsd-4-clauses", "BSD-4-Clause"},
    {"cc0", "CC0-1.0"},
    {"cddl", "CDDL-1.0"},
    {"expat", "MIT"},
    {"mit/expat", "MIT"},
    {"mit-expat", "MIT"},
    {"ofl-1.1", "OFL-1.1"},
    {"sil-1.1", "OFL-1.1"},
    {"python-2.0.1", "Python-2.0.1"},
    {"psf-2", "PSF-2.0"},
    {"psfl-2", "PSF-2.0"},
    {"qpl", "QPL-1.0"},
    {"w3c-software", "W3C"},
    {"zope-2.1", "ZPL-2.1"},
    {"mpl-2", "MPL-2.0"},
    {"unicode-dfs-2016", "Unicode-DFS-2016"},
    {"wtfpl-2", "WTFPL"},
    {"zlib/libpng", "Zlib"},
}};

constexpr std::array<std::string_view, 4> kGnu = {"agpl", "gpl", "lgpl", "gfdl"};

// "gpl-2+", "lgpl-2.1", "gfdl-1.3+": nothing where it is another family, or has no version.
std::optional<std::string> of_gnu(std::string_view name) {
  const auto dash = name.find('-');
  if (dash == std::string_view::npos || std::ranges::find(kGnu, name.substr(0, dash)) == kGnu.end())
    return std::nullopt;
  auto version = name.substr(dash + 1);
  const bool later = version.ends_with('+');
  if (later) version.remove_suffix(1);
  auto id = std::string(name.substr(0, dash + 1)) + std::string(version);
  if (!version.contains('.')) id += ".0";
  const auto* found = catalog::spdx_list().find(id + (later ? "-or-later" : "-only"));
  return found ? std::optional(found->id) : std::nullopt;
}

}  // namespace

std::optional<std::string> spdx_of_debian(std::string_view name) {
  const auto small = text::lower(text::trim(name));
  if (auto gnu = of_gnu(small)) return gnu;
  if (const auto name = std::ranges::find(kNames, small, [](const auto& one) { return one.first; });
      name != kNames.end())
    return std::string(name->second);
  const auto* found = catalog::spdx_list().find(small);
  if (!found || found->kind != catalog::SpdxList::Kind::license) return std::nullopt;
  return found->deprecated ? (found->now.empty() ? found->id : found->now) : found->id;
}

}  // namespace ostiary::license

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::inventory {

// How versions of an ecosystem are ordered. `any` takes PEP 440 where both texts are such versions, otherwise
// Maven's order, which takes anything.
enum class VersionOrder : std::uint8_t { any, semver, pep440, maven };

// Of an ecosystem as OSV, package URLs and the catalogue name it: "PyPI", "npm", "crates.io", "golang", …
VersionOrder order_of(std::string_view ecosystem);

// SemVer 2.0.0 (section 11; missing parts are 0, a leading v is passed over), PEP 440, or the order of
// Maven's ComparableVersion without its rarer aliases. Digits may be of any length. Any text has a place.
std::weak_ordering compare_versions(std::string_view a, std::string_view b,
                                    VersionOrder order = VersionOrder::any);

// Whether the text is one version, and no range, wildcard or tag: it has a digit, and only characters of
// versions.
bool is_exact_version(std::string_view text);

// "<1.2", ">=1.0,<2", "==1.1", "1.1", "!=1.3": all of them hold. A bare version is that version.
class VersionRange {
 public:
  static Result<VersionRange> parse(std::string_view text);
  bool holds(std::string_view version, VersionOrder order = VersionOrder::any) const;
  const std::string& text() const { return text_; }

  enum class Op : std::uint8_t { less, less_equal, equal, not_equal, greater_equal, greater };

 private:
  struct Bound {
    Op op;
    std::string version;
  };
  std::vector<Bound> bounds_;
  std::string text_;
};

}  // namespace ostiary::inventory

// Which licences forbid commercial use: their own words say so in their names or in their first clauses. What
// is not in these tables is unknown.

#include <algorithm>
#include <array>

#include "base/text.h"
#include "inventory/answer.h"

namespace ostiary::inventory {

namespace {

// Beginnings of ids.
constexpr std::array<std::string_view, 14> kForbid = {"cc-by-nc",
                                                      "licenseref-flux.1-dev-non-commercial",
                                                      "licenseref-flux.2-dev-non-commercial",
                                                      "licenseref-timesfm-non-commercial",
                                                      "licenseref-mistral-mnpl",
                                                      "licenseref-mistral-mrl",
                                                      "licenseref-qwen-research",
                                                      "licenseref-tongyi-qianwen-research",
                                                      "licenseref-exaone-1.1-nc",
                                                      "licenseref-coqui-cpml",
                                                      "licenseref-opt-175b",
                                                      "licenseref-apple-amlr",
                                                      "polyform-noncommercial",
                                                      "licenseref-non-commercial"};
constexpr std::array<std::string_view, 28> kPermit = {"apache-2.0",    "mit",
                                                      "mit-0",         "bsd-2-clause",
                                                      "bsd-3-clause",  "bsd-3-clause-clear",
                                                      "isc",           "unlicense",
                                                      "0bsd",          "zlib",
                                                      "bsl-1.0",       "mpl-2.0",
                                                      "gpl-2.0-only",  "gpl-2.0-or-later",
                                                      "gpl-3.0-only",  "gpl-3.0-or-later",
                                                      "lgpl-2.1-only", "lgpl-2.1-or-later",
                                                      "lgpl-3.0-only", "lgpl-3.0-or-later",
                                                      "agpl-3.0-only", "agpl-3.0-or-later",
                                                      "epl-2.0",       "cc0-1.0",
                                                      "cc-by-4.0",     "cc-by-sa-4.0",
                                                      "cc-by-sa-3.0",  "cdla-permissive-2.0"};

Forbids of_id(std::string_view id) {
  const auto small = text::lower(id);
  if (std::ranges::any_of(kForbid, [&](auto begin) { return small.starts_with(begin); })) return Forbids::yes;
  return std::ranges::find(kPermit, small) != kPermit.end() ? Forbids::no : Forbids::unknown;
}

// A reader of SPDX expressions: OR binds less than AND, WITH adds an exception, which forbids nothing more.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) { next(); }
  Forbids read() {
    const auto all = read_or(0);
    return token_.empty() ? all : Forbids::unknown;
  }

 private:
  static constexpr int kMostDepth = 20;

  void next() {
    rest_ = text::trim(rest_);
    if (rest_.empty()) return void(token_ = {});
    const auto end =
        rest_[0] == '(' || rest_[0] == ')' ? 1 : std::min(rest_.find_first_of(" \t()"), rest_.size());
    token_ = rest_.substr(0, end);
    rest_.remove_prefix(end);
  }
  bool take(std::string_view word) {
    if (!text::iequals(token_, word)) return false;
    next();
    return true;
  }
  Forbids read_or(int depth) {
    auto best = read_and(depth);
    while (take("or")) best = std::min(best, read_and(depth));
    return best;
  }
  Forbids read_and(int depth) {
    auto worst = read_one(depth);
    while (take("and")) worst = std::max(worst, read_one(depth));
    return worst;
  }
  Forbids read_one(int depth) {
    if (token_.empty() || depth > kMostDepth) return Forbids::unknown;
    if (take("(")) {
      const auto inner = read_or(depth + 1);
      return take(")") ? inner : Forbids::unknown;
    }
    auto id = token_;
    if (id.ends_with('+')) id.remove_suffix(1);
    const auto one = of_id(id);
    next();
    if (take("with")) next();
    return one;
  }

  std::string_view rest_, token_;
};

}  // namespace

Forbids forbids_commercial(std::string_view expression) {
  return text::trim(expression).empty() ? Forbids::unknown : Reader(expression).read();
}

}  // namespace ostiary::inventory

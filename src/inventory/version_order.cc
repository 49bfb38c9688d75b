#include "inventory/version_order.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"

namespace ostiary::inventory {

namespace {

using text::is_digit;

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_number(std::string_view s) {
  return !s.empty() && std::ranges::all_of(s, is_digit);
}

// Numbers of any length.
std::weak_ordering by_number(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::string_view without_v(std::string_view s) {
  s = text::trim(s);
  if (s.size() > 1 && (s[0] == 'v' || s[0] == 'V') && is_digit(s[1])) s.remove_prefix(1);
  return s;
}

// SemVer.

std::weak_ordering by_identifier(std::string_view a, std::string_view b) {
  const bool na = is_number(a), nb = is_number(b);
  if (na && nb) return by_number(a, b);
  if (na != nb) return na ? std::weak_ordering::less : std::weak_ordering::greater;
  return a <=> b;
}

std::weak_ordering by_parts(std::string_view a, std::string_view b, bool missing_is_zero) {
  const auto pa = text::split(a, '.'), pb = text::split(b, '.');
  for (std::size_t i = 0; i < std::max(pa.size(), pb.size()); ++i) {
    if (!missing_is_zero && (i >= pa.size() || i >= pb.size())) return pa.size() <=> pb.size();
    const auto order = by_identifier(i < pa.size() ? pa[i] : "0", i < pb.size() ? pb[i] : "0");
    if (order != 0) return order;
  }
  return std::weak_ordering::equivalent;
}

std::weak_ordering by_semver(std::string_view a, std::string_view b) {
  const auto taken_apart = [](std::string_view s) {
    s = without_v(s);
    s = s.substr(0, s.find('+'));
    const auto dash = s.find('-');
    return std::pair(s.substr(0, dash), dash == std::string_view::npos ? "" : s.substr(dash + 1));
  };
  const auto [core_a, pre_a] = taken_apart(a);
  const auto [core_b, pre_b] = taken_apart(b);
  if (const auto order = by_parts(core_a, core_b, true); order != 0) return order;
  if (pre_a.empty() || pre_b.empty()) return pre_a.empty() <=> pre_b.empty();
  return by_parts(pre_a, pre_b, false);
}

// PEP 440.

struct Pep {
  std::string_view epoch = "0";
  std::vector<std::string_view> release;
  int pre = 3;  // 0 alpha, 1 beta, 2 rc, 3: none; -1: only a development release, which is before all
  std::string_view pre_number = "0";
  std::optional<std::string_view> post, dev;
  std::string_view local;
};

class PepReader {
 public:
  explicit PepReader(std::string_view s) : rest_(s) {}

  std::optional<Pep> read() {
    Pep pep;
    auto first = digits();
    if (first.empty()) return std::nullopt;
    if (take('!')) {
      pep.epoch = first;
      first = digits();
      if (first.empty()) return std::nullopt;
    }
    pep.release.push_back(first);
    while (rest_.size() > 1 && rest_[0] == '.' && is_digit(rest_[1])) {
      rest_.remove_prefix(1);
      pep.release.push_back(digits());
    }
    while (pep.release.size() > 1 && by_number(pep.release.back(), "0") == 0) pep.release.pop_back();
    read_pre(pep);
    read_post(pep);
    separator();
    if (word("dev")) pep.dev = number();
    if (take('+')) pep.local = std::exchange(rest_, {});
    if (!rest_.empty()) return std::nullopt;
    if (pep.pre == 3 && !pep.post && pep.dev) pep.pre = -1;
    return pep;
  }

 private:
  std::string_view digits() {
    const auto end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    return std::exchange(rest_, rest_.substr(end)).substr(0, end);
  }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void separator() {
    if (rest_.size() > 1 && (rest_[0] == '.' || rest_[0] == '-' || rest_[0] == '_') && is_letter(rest_[1]))
      rest_.remove_prefix(1);
  }
  bool word(std::string_view w) {
    if (!rest_.starts_with(w) || (rest_.size() > w.size() && is_letter(rest_[w.size()]))) return false;
    rest_.remove_prefix(w.size());
    return true;
  }
  std::string_view number() {
    if (rest_.size() > 1 && (rest_[0] == '.' || rest_[0] == '-' || rest_[0] == '_') && is_digit(rest_[1]))
      rest_.remove_prefix(1);
    const auto n = digits();
    return n.empty() ? std::string_view("0") : n;
  }
  void read_pre(Pep& pep) {
    separator();
    constexpr std::array<std::pair<std::string_view, int>, 8> words = {
        {{"alpha", 0}, {"a", 0}, {"beta", 1}, {"b", 1}, {"rc", 2}, {"c", 2}, {"preview", 2}, {"pre", 2}}};
    for (const auto& [w, rank] : words)
      if (word(w)) {
        pep.pre = rank;
        pep.pre_number = number();
        return;
      }
  }
  void read_post(Pep& pep) {
    if (rest_.size() > 1 && rest_[0] == '-' && is_digit(rest_[1])) {
      rest_.remove_prefix(1);
      pep.post = digits();
      return;
    }
    separator();
    if (word("post") || word("rev") || word("r")) pep.post = number();
  }
  std::string_view rest_;
};

std::weak_ordering by_optional(const std::optional<std::string_view>& a,
                               const std::optional<std::string_view>& b, std::weak_ordering none_is) {
  if (a && b) return by_number(*a, *b);
  if (!a && !b) return std::weak_ordering::equivalent;
  return a ? 0 <=> none_is : none_is;
}

// Of local versions a number is above a word.
std::weak_ordering by_local(std::string_view a, std::string_view b) {
  const auto pa = text::split(a, '.'), pb = text::split(b, '.');
  for (std::size_t i = 0; i < std::min(pa.size(), pb.size()); ++i) {
    const bool na = is_number(pa[i]), nb = is_number(pb[i]);
    const auto order = na != nb ? na <=> nb
                       : na     ? by_number(pa[i], pb[i])
                                : std::weak_ordering(pa[i] <=> pb[i]);
    if (order != 0) return order;
  }
  return pa.size() <=> pb.size();
}

std::weak_ordering by_pep440(const Pep& a, const Pep& b) {
  if (const auto order = by_number(a.epoch, b.epoch); order != 0) return order;
  for (std::size_t i = 0; i < std::max(a.release.size(), b.release.size()); ++i) {
    const auto order =
        by_number(i < a.release.size() ? a.release[i] : "0", i < b.release.size() ? b.release[i] : "0");
    if (order != 0) return order;
  }
  if (a.pre != b.pre) return a.pre <=> b.pre;
  if (const auto order = by_number(a.pre_number, b.pre_number); order != 0) return order;
  if (const auto order = by_optional(a.post, b.post, std::weak_ordering::less); order != 0) return order;
  if (const auto order = by_optional(a.dev, b.dev, std::weak_ordering::greater); order != 0) return order;
  if (a.local.empty() || b.local.empty()) return !a.local.empty() <=> !b.local.empty();
  return by_local(a.local, b.local);
}

// Maven.

int qualifier_rank(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, int>, 16> known = {{{"alpha", 0},
                                                                       {"a", 0},
                                                                       {"beta", 1},
                                                                       {"b", 1},
                                                                       {"milestone", 2},
                                                                       {"m", 2},
                                                                       {"dev", 2},
                                                                       {"pre", 2},
                                                                       {"rc", 3},
                                                                       {"cr", 3},
                                                                       {"snapshot", 4},
                                                                       {"", 5},
                                                                       {"ga", 5},
                                                                       {"final", 5},
                                                                       {"release", 5},
                                                                       {"sp", 6}}};
  for (const auto& [name, rank] : known)
    if (name == word) return rank;
  return 7;
}

// Runs of digits and of letters, whatever stands between them. Zeros before a word and at the end say
// nothing.
std::vector<std::string_view> tokens_of(std::string_view s) {
  std::vector<std::string_view> out;
  const auto drop_zeros = [&] {
    while (out.size() > 1 && is_number(out.back()) && by_number(out.back(), "0") == 0) out.pop_back();
  };
  std::size_t i = 0;
  while (i < s.size()) {
    const auto from = i;
    if (is_digit(s[i]))
      while (i < s.size() && is_digit(s[i])) ++i;
    else
      while (i < s.size() && !is_digit(s[i]) && s[i] != '.' && s[i] != '-' && s[i] != '_' && s[i] != '+') ++i;
    if (i > from) {
      if (!is_digit(s[from]) && !out.empty() && is_number(out.back())) drop_zeros();
      out.push_back(s.substr(from, i - from));
    }
    if (i < s.size() && (s[i] == '.' || s[i] == '-' || s[i] == '_' || s[i] == '+')) ++i;
  }
  drop_zeros();
  return out;
}

std::weak_ordering by_token(std::string_view a, std::string_view b) {
  const bool na = is_number(a), nb = is_number(b);
  if (na && nb) return by_number(a, b);
  // A missing part is 0 beside a number and the release beside a word.
  if (na) return b.empty() ? by_number(a, "0") : std::weak_ordering::greater;
  if (nb) return a.empty() ? by_number("0", b) : std::weak_ordering::less;
  const auto ra = qualifier_rank(a), rb = qualifier_rank(b);
  if (ra != rb) return ra <=> rb;
  return ra == 7 ? a <=> b : std::weak_ordering::equivalent;
}

std::weak_ordering by_maven(std::string_view a, std::string_view b) {
  const auto ta = tokens_of(without_v(a)), tb = tokens_of(without_v(b));
  for (std::size_t i = 0; i < std::max(ta.size(), tb.size()); ++i) {
    const auto order = by_token(i < ta.size() ? ta[i] : "", i < tb.size() ? tb[i] : "");
    if (order != 0) return order;
  }
  return std::weak_ordering::equivalent;
}

}  // namespace

VersionOrder order_of(std::string_view ecosystem) {
  auto word = text::lower(ecosystem);
  word = word.substr(0, word.find(':'));  // "Debian:12"
  if (word == "pypi" || word == "conda") return VersionOrder::pep440;
  if (word == "maven" || word == "gem" || word == "rubygems" || word == "debian") return VersionOrder::maven;
  constexpr std::array<std::string_view, 14> semver = {"npm",   "go",       "golang",    "crates.io", "cargo",
                                                       "nuget", "composer", "packagist", "hex",       "pub",
                                                       "swift", "swifturl", "cocoapods", "semver"};
  return std::ranges::find(semver, word) == semver.end() ? VersionOrder::any : VersionOrder::semver;
}

std::weak_ordering compare_versions(std::string_view a, std::string_view b, VersionOrder order) {
  const auto one = text::lower(without_v(a)), other = text::lower(without_v(b));
  if (order == VersionOrder::semver) return by_semver(one, other);
  if (order != VersionOrder::maven) {
    const auto pa = PepReader(one).read(), pb = PepReader(other).read();
    if (pa && pb) return by_pep440(*pa, *pb);
  }
  return by_maven(one, other);
}

bool is_exact_version(std::string_view text) {
  const auto s = text::lower(without_v(text));
  return !s.empty() && is_digit(s[0]) &&
         std::ranges::all_of(s,
                             [](char c) {
                               return is_digit(c) || is_letter(c) || c == '.' || c == '-' || c == '_' ||
                                      c == '+' || c == '!';
                             }) &&
         !s.ends_with(".x") && s.find(".x.") == std::string::npos;
}

Result<VersionRange> VersionRange::parse(std::string_view text) {
  VersionRange range;
  range.text_ = text::trim(text);
  constexpr std::array<std::pair<std::string_view, Op>, 8> ops = {{{"<=", Op::less_equal},
                                                                   {">=", Op::greater_equal},
                                                                   {"==", Op::equal},
                                                                   {"!=", Op::not_equal},
                                                                   {"<", Op::less},
                                                                   {">", Op::greater},
                                                                   {"=", Op::equal},
                                                                   {"", Op::equal}}};
  for (auto part : text::split(range.text_, ',')) {
    part = text::trim(part);
    const auto op = std::ranges::find_if(ops, [&](const auto& one) { return part.starts_with(one.first); });
    const auto version = text::trim(part.substr(op->first.size()));
    if (!is_exact_version(version))
      return fail(Code::invalid,
                  fmt::format("'{}' is no range of versions; write such as '<1.2', '>=1.0,<2' or '1.1'",
                              range.text_));
    range.bounds_.push_back({op->second, std::string(version)});
  }
  return range;
}

bool VersionRange::holds(std::string_view version, VersionOrder order) const {
  return std::ranges::all_of(bounds_, [&](const Bound& bound) {
    const auto is = compare_versions(version, bound.version, order);
    switch (bound.op) {
      case Op::less:
        return is < 0;
      case Op::less_equal:
        return is <= 0;
      case Op::equal:
        return is == 0;
      case Op::not_equal:
        return is != 0;
      case Op::greater_equal:
        return is >= 0;
      case Op::greater:
        break;
    }
    return is > 0;
  });
}

}  // namespace ostiary::inventory

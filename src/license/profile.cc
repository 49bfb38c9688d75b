#include "license/profile.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"

namespace ostiary::license {

namespace {

using yaml::Kind;
using yaml::Node;

// Of the European Union since 2020, and the EEA's others (europa.eu, "EU countries"; EEA Agreement).
constexpr std::array<std::string_view, 27> kUnion = {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES",
                                                     "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU",
                                                     "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"};
constexpr std::array<std::string_view, 3> kEeaBesides = {"IS", "LI", "NO"};

bool belongs(std::string_view country, std::string_view to) {
  const bool in_union = country == "EU" || std::ranges::find(kUnion, country) != kUnion.end();
  if (to == "EU") return in_union;
  return to == "EEA" && (in_union || std::ranges::find(kEeaBesides, country) != kEeaBesides.end());
}

constexpr std::array<std::string_view, 11> kMembers = {
    "organisation", "revenue", "monthly-users",     "territories", "purpose",     "distributes",
    "modifies",     "hosts",   "trains-on-outputs", "trains",      "stays-closed"};

// Reads members of the one mapping of a profile.
class Reader {
 public:
  Reader(const Node& root, std::string_view file) : root_(root), file_(file) {}

  Result<> known() const {
    for (const auto& member : root_.members) {
      if (std::ranges::find(kMembers, member.name) != kMembers.end()) continue;
      const auto near = text::nearest(member.name, kMembers);
      return fail(Code::invalid,
                  fmt::format("unknown member '{}'{}", member.name,
                              near ? fmt::format("; did you mean '{}'?", *near) : std::string()),
                  yaml::place(file_, member));
    }
    return {};
  }

  Result<> number(std::string_view name, std::optional<std::uint64_t>& into) const {
    const auto* node = root_.find(name);
    if (!node) return {};
    into = text::parse_uint(node->scalar);
    return into ? Result<>{} : wrong(*node, name, "a whole number without separators");
  }

  Result<> flag(std::string_view name, std::optional<bool>& into) const {
    const auto* node = root_.find(name);
    if (!node) return {};
    if (node->scalar != "true" && node->scalar != "false") return wrong(*node, name, "true or false");
    into = node->scalar == "true";
    return {};
  }

  Result<> purpose(std::optional<Purpose>& into) const {
    const auto* node = root_.find("purpose");
    if (!node) return {};
    constexpr std::array<std::string_view, 3> kPurposes = {"product", "internal", "research"};
    const auto found = std::ranges::find(kPurposes, node->scalar);
    if (found == kPurposes.end()) return wrong(*node, "purpose", "product, internal or research");
    into = static_cast<Purpose>(found - kPurposes.begin());
    return {};
  }

  Result<> territories(std::vector<std::string>& into) const {
    const auto* node = root_.find("territories");
    if (!node) return {};
    constexpr std::string_view what = "a list of ISO 3166-1 codes of two letters, EU or EEA";
    if (node->kind != Kind::sequence) return wrong(*node, "territories", what);
    for (const auto& item : node->items) {
      const auto& code = item.scalar;
      const bool letters = std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
      if (!letters || (code.size() != 2 && code != "EEA")) return wrong(item, "territories", what);
      into.push_back(code);
    }
    return {};
  }

 private:
  std::unexpected<Error> wrong(const Node& at, std::string_view name, std::string_view what) const {
    return fail(Code::invalid, fmt::format("'{}' must be {}", name, what), yaml::place(file_, at));
  }

  const Node& root_;
  std::string_view file_;
};

}  // namespace

bool meets(std::string_view one, std::string_view other) {
  return one == other || belongs(one, other) || belongs(other, one);
}

Result<Profile> read_profile(std::string_view text, std::string_view file) {
  TRY(const auto root, yaml::parse(text, file, {.max_bytes = 1u << 20}));
  if (root.kind != Kind::mapping)
    return fail(Code::invalid, "a profile is a mapping such as 'purpose: product'", std::string(file));
  const Reader in(root, file);
  Profile out;
  TRY_VOID(in.known());
  TRY_VOID(in.number("revenue", out.revenue));
  TRY_VOID(in.number("monthly-users", out.monthly_users));
  TRY_VOID(in.territories(out.territories));
  TRY_VOID(in.purpose(out.purpose));
  TRY_VOID(in.flag("distributes", out.distributes));
  TRY_VOID(in.flag("modifies", out.modifies));
  TRY_VOID(in.flag("hosts", out.hosts));
  TRY_VOID(in.flag("trains", out.trains));
  TRY_VOID(in.flag("trains-on-outputs", out.trains_on_outputs));
  TRY_VOID(in.flag("stays-closed", out.stays_closed));
  return out;
}

}  // namespace ostiary::license

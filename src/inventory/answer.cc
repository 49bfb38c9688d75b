#include "inventory/answer.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/text.h"
#include "catalog/catalog.h"
#include "inventory/match.h"

namespace ostiary::inventory {

namespace {

// What a condition makes of a use.
struct Verdict {
  enum class Is : std::uint8_t { no, unknown, yes } is = Is::no;
  std::string text = {};
};
using Is = Verdict::Is;

Verdict yes(std::string text) {
  return {Is::yes, std::move(text)};
}
Verdict unknown(std::string text) {
  return {Is::unknown, std::move(text) + ", so it counts"};
}

// Everything that is known of one kind: stated and seen.
std::vector<std::string> known(const Use& use, F f, std::string Sighting::* member) {
  auto all = use.all(f);
  for (const auto& one : use.seen)
    if (!(one.*member).empty() && std::ranges::find(all, one.*member) == all.end())
      all.push_back(one.*member);
  return all;
}

Verdict by_provider(const Use& use, const std::string& provider) {
  const auto all = known(use, F::provider, &Sighting::provider);
  for (const auto& one : all)
    if (plain_name(one) == plain_name(provider)) return yes("its provider is " + one);
  return all.empty() ? unknown("its provider is unknown") : Verdict{};
}

Verdict by_model(const Use& use, const std::string& model) {
  const auto all = known(use, F::model, &Sighting::model);
  const auto wanted = text::lower(model);
  for (const auto& one : all) {
    const auto small = text::lower(one);
    if (text::glob(wanted, small) || text::glob(small, wanted)) return yes("its model is " + one);
  }
  return all.empty() ? unknown("its model is unknown") : Verdict{};
}

Verdict by_data(const Use& use, const std::vector<std::string>& classes) {
  if (!use.known(F::data_classes)) return unknown("which data go in is unknown");
  for (const auto& wanted : classes)
    for (const auto& one : use.all(F::data_classes))
      if (text::iequals(one, wanted)) return yes("data of the class " + one + " go in");
  return {};
}

// The licences of a use: stated, seen, and of the families that its models belong to.
std::vector<std::string> licenses_of(const Use& use) {
  auto all = known(use, F::license, &Sighting::license);
  for (const auto& model : known(use, F::model, &Sighting::model)) {
    const auto small = text::lower(model);
    for (const auto& family : catalog::models()) {
      const auto named = [&](const auto& pattern) { return text::glob(text::lower(pattern), small); };
      if (!std::ranges::any_of(family.names, named) && !std::ranges::any_of(family.repositories, named))
        continue;
      if (family.license != "unknown" && std::ranges::find(all, family.license) == all.end())
        all.push_back(family.license);
    }
  }
  return all;
}

Verdict by_license(const Use& use) {
  const auto all = licenses_of(use);
  if (all.empty()) return unknown("its licence is unknown");
  std::string open;
  for (const auto& one : all) {
    const auto forbids = forbids_commercial(one);
    if (forbids == Forbids::yes) return yes(fmt::format("its licence {} forbids commercial use", one));
    if (forbids == Forbids::unknown) open = one;
  }
  return open.empty()
             ? Verdict{}
             : unknown(fmt::format("whether its licence {} forbids commercial use is unknown", open));
}

Verdict by_terms(const Use& use, const TermsCondition& condition) {
  const auto provider = use.known(F::provider) ? use[F::provider] : std::string("an unknown provider");
  const auto surface = use.known(F::surface) ? use[F::surface] : std::string("an unknown surface");
  return unknown(fmt::format("{} in the terms of {} ({}) is unknown", condition.fact, provider, surface));
}

// The versions of an SDK, or (empty name) of the model.
struct Versions {
  bool named = false;  // the use has it
  std::vector<std::string> all;
  VersionOrder order = VersionOrder::any;
};

VersionOrder order_of_sdk(std::string_view id) {
  const auto* sdk = catalog::find_sdk(id);
  return sdk && !sdk->packages.empty() ? order_of(sdk->packages.front().ecosystem) : VersionOrder::any;
}

// Whether a name is this SDK: its id, its name, or a package of it in that ecosystem (any, where it is
// empty).
bool is_sdk(const std::string& known_as, std::string_view ecosystem, std::string_view name) {
  if (plain_name(known_as) == plain_name(name)) return true;
  const auto* sdk = catalog::find_sdk(text::lower(known_as));
  if (!sdk) return false;
  const auto kind = text::lower(ecosystem);
  return std::ranges::any_of(sdk->packages, [&](const auto& package) {
    const bool same_kind = kind.empty() || package.ecosystem == kind ||
                           (kind == "crates.io" && package.ecosystem == "cargo") ||
                           (kind == "golang" && package.ecosystem == "go") ||
                           (kind == "rubygems" && package.ecosystem == "gem") ||
                           (kind == "packagist" && package.ecosystem == "composer");
    if (!same_kind) return false;
    if (package.name.ends_with("/*"))
      return name.starts_with(std::string_view(package.name).substr(0, package.name.size() - 1));
    if (package.ecosystem == "maven" && package.name.ends_with('.')) return name.starts_with(package.name);
    return package.ecosystem == "pypi" ? plain_name(package.name) == plain_name(name)
                                       : text::iequals(package.name, name);
  });
}

// `is` says of the name of a library whether it is the one.
template <class Is>
Versions versions_of(const Use& use, Is is) {
  Versions out;
  for (const auto& one : use.all(F::sdk))
    if (is(one)) out.named = true, out.order = order_of_sdk(one);
  for (const auto& one : use.seen) {
    if (one.sdk.empty() || !is(one.sdk)) continue;
    out.named = true;
    out.order = order_of_sdk(one.sdk);
    if (!one.version.empty()) out.all.push_back(one.version);
  }
  if (out.named && out.all.empty() && use.known(F::version)) out.all.push_back(use[F::version]);
  return out;
}

template <class Holds>
Verdict by_versions(const Versions& versions, std::string_view what, std::string_view range, Holds holds) {
  std::string vague;
  for (const auto& version : versions.all) {
    if (!is_exact_version(version))
      vague = version;
    else if (holds(version))
      return yes(fmt::format("{} {} is in {}", what, version, range));
  }
  if (!vague.empty())
    return unknown(fmt::format("{} is asked for as {}, and which version that is is unknown", what, vague));
  return versions.all.empty() ? unknown(fmt::format("the version of {} is unknown", what)) : Verdict{};
}

Verdict by_sdk(const Use& use, const Query& query) {
  const auto versions =
      versions_of(use, [&](const std::string& name) { return is_sdk(name, "", query.sdk); });
  if (!versions.named) {
    if (known(use, F::sdk, &Sighting::sdk).empty() && use.known(F::repository))
      return unknown("which libraries its code uses is unknown");
    return {};
  }
  if (!query.version) return yes("it uses " + query.sdk);
  return by_versions(versions, query.sdk, query.version->text(),
                     [&](const auto& version) { return query.version->holds(version, versions.order); });
}

Verdict by_own_version(const Use& use, const VersionRange& range) {
  Versions versions;
  versions.all = known(use, F::version, &Sighting::version);
  return by_versions(versions, "its version", range.text(),
                     [&](const auto& version) { return range.holds(version); });
}

// Whether an advisory's product is a tool, model, service or server of the use, which have names alone.
bool names_use(const Use& use, const Affected& affected) {
  if (!affected.ecosystem.empty()) return false;
  const auto wanted = plain_name(affected.name);
  if (wanted.empty()) return false;
  for (const auto& [f, member] : {std::pair(F::tool, &Sighting::tool), std::pair(F::model, &Sighting::model),
                                  std::pair(F::service, &Sighting::service)})
    for (const auto& one : known(use, f, member))
      if (plain_name(one) == wanted) return true;
  return false;
}

template <class Is>
Verdict by_affected(const Use& use, const Advisory& advisory, const Affected& affected, Is is) {
  auto versions = versions_of(use, is);
  if (!versions.named && names_use(use, affected)) {
    versions.named = true;
    versions.all = known(use, F::version, &Sighting::version);
  }
  if (!versions.named) return {};
  if (affected.all)
    return yes(fmt::format("{}: {} is affected in every version", advisory.id, affected.name));
  if (affected.unclear)
    return unknown(
        fmt::format("{}: which versions of {} are affected is unknown", advisory.id, affected.name));
  return by_versions(versions, affected.name, advisory.id,
                     [&](const auto& version) { return affected.holds(version); });
}

// What the advisories name, to be found by the names of a use: an advisory may have tens of thousands of
// products.
class Named {
 public:
  explicit Named(const std::vector<Advisory>& advisories) {
    for (const auto& advisory : advisories) {
      if (advisory.withdrawn) continue;
      for (const auto& affected : advisory.affected) {
        by_name_[plain_name(affected.name)].push_back(all_.size());
        all_.push_back({&advisory, &affected});
      }
    }
  }

  Verdict verdict(const Use& use) {
    std::set<std::size_t> found;
    const auto add = [&](const std::vector<std::size_t>& some) { found.insert(some.begin(), some.end()); };
    for (const auto& sdk : known(use, F::sdk, &Sighting::sdk)) add(of_sdk(sdk));
    for (const auto& [f, member] :
         {std::pair(F::tool, &Sighting::tool), std::pair(F::model, &Sighting::model),
          std::pair(F::service, &Sighting::service)})
      for (const auto& one : known(use, f, member))
        if (const auto at = by_name_.find(plain_name(one)); at != by_name_.end()) add(at->second);
    Verdict best;
    for (const auto i : found) {
      const auto is = [&](const std::string& sdk) { return std::ranges::binary_search(of_sdk(sdk), i); };
      auto verdict = by_affected(use, *all_[i].first, *all_[i].second, is);
      if (verdict.is > best.is) best = std::move(verdict);
    }
    return best;
  }

 private:
  // Ascending. One that the catalogue knows goes by its packages too.
  const std::vector<std::size_t>& of_sdk(const std::string& sdk) {
    const auto [at, fresh] = by_sdk_.try_emplace(sdk);
    if (!fresh) return at->second;
    if (!catalog::find_sdk(text::lower(sdk))) {
      if (const auto same = by_name_.find(plain_name(sdk)); same != by_name_.end()) at->second = same->second;
      return at->second;
    }
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (is_sdk(sdk, all_[i].second->ecosystem, all_[i].second->name)) at->second.push_back(i);
    return at->second;
  }

  std::vector<std::pair<const Advisory*, const Affected*>> all_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_, by_sdk_;
};

std::vector<std::string> evidence_of(const Use& use) {
  std::vector<std::string> out;
  for (const auto& one : use.seen) {
    auto line = one.text();
    if (one.last) line += ", last on " + day_of(*one.last);
    if (!one.places.empty()) line += fmt::format(", at {}", fmt::join(one.places, ", "));
    out.push_back(std::move(line));
  }
  return out;
}

// Takes in what a condition says; false: the use is no part of the answer.
bool take(Answer& answer, Verdict verdict) {
  if (verdict.is == Is::no) return false;
  const bool certain = verdict.is == Is::yes;
  answer.certain = answer.certain && certain;
  answer.reasons.push_back({std::move(verdict.text), certain});
  return true;
}

bool holds(const Use& use, const Query& query, Named& named, Answer& out) {
  if (!query.provider.empty() && !take(out, by_provider(use, query.provider))) return false;
  if (!query.model.empty() && !take(out, by_model(use, query.model))) return false;
  if (!query.license_forbids.empty() && !take(out, by_license(use))) return false;
  if (!query.data.empty() && !take(out, by_data(use, query.data))) return false;
  for (const auto& condition : query.terms)
    if (!take(out, by_terms(use, condition))) return false;
  if (!query.sdk.empty() && !take(out, by_sdk(use, query))) return false;
  if (query.sdk.empty() && query.version && !take(out, by_own_version(use, *query.version))) return false;
  return query.advisories.empty() || take(out, named.verdict(use));
}

}  // namespace

bool Query::empty() const {
  return provider.empty() && model.empty() && license_forbids.empty() && data.empty() && terms.empty() &&
         sdk.empty() && !version && advisories.empty();
}

Result<TermsCondition> parse_terms(std::string_view text) {
  const auto at = text.find('=');
  const bool differs = at != std::string_view::npos && at > 0 && text[at - 1] == '!';
  const auto fact = text::trim(text.substr(0, at == std::string_view::npos ? at : at - (differs ? 1 : 0)));
  if (at == std::string_view::npos || fact.empty() ||
      fact.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") != std::string_view::npos)
    return fail(Code::invalid, "a condition on terms is such as train_on_input!=no or retention_days=0");
  return TermsCondition{std::string(fact), std::string(text::trim(text.substr(at + 1))), !differs};
}

std::vector<Answer> answer(const std::vector<Use>& uses, const Query& query) {
  std::vector<Answer> out;
  Named named(query.advisories);
  for (const auto& use : uses) {
    Answer one;
    if (use[F::status] == "retired" || !holds(use, query, named, one)) continue;
    one.use = use;
    one.evidence = evidence_of(use);
    out.push_back(std::move(one));
  }
  std::ranges::sort(out, {}, [](const Answer& a) { return std::tuple(!a.certain, a.use.title(), a.use.id); });
  return out;
}

std::vector<std::string> to_tell(const std::vector<Answer>& answers) {
  std::set<std::string> all;
  for (const auto& one : answers) {
    if (one.use.known(F::owner))
      all.insert(one.use[F::owner]);
    else if (one.use.known(F::team))
      all.insert("team " + one.use[F::team]);
  }
  return {all.begin(), all.end()};
}

}  // namespace ostiary::inventory

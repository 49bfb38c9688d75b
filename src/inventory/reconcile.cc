#include "inventory/reconcile.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "inventory/match.h"

namespace ostiary::inventory {

namespace {

constexpr std::array<std::string_view, 5> kGaps = {"in-code-never-at-gate", "at-gate-in-no-code",
                                                   "approved-but-gone", "seen-never-declared", "new-since"};

// Sightings that are one use as far as anybody can tell.
using GroupKey = std::tuple<How, std::string, std::string, std::string>;
using Groups = std::map<GroupKey, std::vector<const Sighting*>>;

GroupKey group_of(const Sighting& s) {
  const auto what = !s.provider.empty() ? s.provider
                    : !s.sdk.empty()    ? s.sdk
                    : !s.model.empty()  ? s.model
                                        : s.tool;
  switch (s.how) {
    case How::scan:
      // A tool's own files are the tool's use, whoever is behind it.
      return {s.how, s.repository, s.tool.empty() ? what : s.tool,
              s.surface == "self-hosted" ? s.surface : ""};
    case How::gate:
      return {s.how, s.team, s.service.empty() ? what : s.service, s.provider};
    case How::log:
      return {s.how, s.tool.empty() ? what : s.tool, s.surface, ""};
    case How::question:
    case How::declaration:
      break;
  }
  return {s.how, s.question, what, ""};
}

void collect(std::vector<std::string>& into, const std::string& value) {
  if (!value.empty() && std::ranges::find(into, value) == into.end() && into.size() < Use::kMostItems)
    into.push_back(value);
}

// The one value that all of them have that have any; empty where they differ.
std::string common(const std::vector<const Sighting*>& all, std::string Sighting::* member) {
  std::string value;
  for (const auto* one : all) {
    const auto& this_one = one->*member;
    if (this_one.empty() || this_one == value) continue;
    if (!value.empty()) return "";
    value = this_one;
  }
  return value;
}

Use proposal(const std::vector<const Sighting*>& group, const Reconciling& how, Id id) {
  Use use;
  use.id = id;
  use.created = use.changed = how.now;
  constexpr std::array<std::pair<F, std::string Sighting::*>, 10> members = {
      {{F::kind, &Sighting::kind},
       {F::provider, &Sighting::provider},
       {F::surface, &Sighting::surface},
       {F::service, &Sighting::service},
       {F::version, &Sighting::version},
       {F::license, &Sighting::license},
       {F::team, &Sighting::team},
       {F::repository, &Sighting::repository},
       {F::approval, &Sighting::question},
       {F::tool, &Sighting::tool}}};
  for (const auto& [f, member] : members) {
    // What a client of the gate calls itself is no tool's name.
    if (f == F::tool && group.front()->how == How::gate) continue;
    auto value = stated(f, {common(group, member)});
    if (value) use.set(f, std::move(*value));
  }
  std::vector<std::string> models, sdks, datasets;
  for (const auto* one : group) {
    collect(models, one->model);
    collect(sdks, one->sdk);
    if (one->kind == "dataset") collect(datasets, one->tool);
    use.see(*one);
  }
  use.set(F::model, std::move(models));
  use.set(F::sdk, std::move(sdks));
  use.set(F::datasets, std::move(datasets));
  const bool runs = std::ranges::any_of(group, [](const auto* s) { return s->how != How::question; });
  use.set(F::status, runs ? std::string("in-use") : std::string());
  return use;
}

class Comparison {
 public:
  Comparison(const std::vector<Use>& uses, const Evidence& evidence, const Reconciling& how)
      : uses_(uses), evidence_(evidence), how_(how) {
    matchers_.reserve(uses.size());
    for (const auto& use : uses) matchers_.emplace_back(use);
    marks_.resize(uses.size());
    for (const auto& one : evidence.sightings) sightings_.emplace(one.key(), &one);
  }

  Reconciled run(Id (*make_id)()) {
    match();
    find_code_without_gate();
    find_gate_without_code();
    find_undeclared(make_id);
    find_gone();
    find_new();
    finish();
    return std::move(out_);
  }

 private:
  void match();
  void find_code_without_gate();
  void find_gate_without_code();
  void find_undeclared(Id (*make_id)());
  void find_gone();
  void find_new();
  void finish();

  Finding about(Gap gap, const std::vector<const Sighting*>& group, std::string what, std::string text) const;
  Finding about(Gap gap, const Use& use, std::string text) const;
  // Sightings of a kind by provider and by where they are: repository or team.
  std::map<std::pair<std::string, std::string>, std::vector<const Sighting*>> by_provider(How how) const;

  const std::vector<Use>& uses_;
  const Evidence& evidence_;
  const Reconciling& how_;
  std::map<std::string, const Sighting*> sightings_;  // by key
  std::vector<Matcher> matchers_;
  std::vector<std::vector<const Sighting*>> marks_;                          // of each use
  std::unordered_map<const Sighting*, std::vector<std::size_t>> marked_by_;  // the uses of each
  Groups unmatched_;
  Reconciled out_;
};

void Comparison::match() {
  // What a use was seen by before shows it again.
  std::unordered_multimap<std::string, std::size_t> before;
  std::unordered_map<std::string, std::vector<std::size_t>> by_key;
  std::vector<std::size_t> with_patterns;
  for (std::size_t i = 0; i < uses_.size(); ++i) {
    for (const auto& one : uses_[i].seen) before.emplace(one.key(), i);
    for (auto& key : matchers_[i].keys()) by_key[std::move(key)].push_back(i);
    if (matchers_[i].names_patterns()) with_patterns.push_back(i);
  }
  for (const auto& [key, sighting] : sightings_) {
    const SeenNames seen(*sighting);
    std::set<std::size_t> found;
    const auto try_these = [&](const std::vector<std::size_t>& some) {
      for (const auto i : some)
        if (matchers_[i].holds(seen)) found.insert(i);
    };
    for (const auto& shared : seen.keys())
      if (const auto some = by_key.find(shared); some != by_key.end()) try_these(some->second);
    if (!seen.model.empty()) try_these(with_patterns);
    for (auto [at, end] = before.equal_range(key); at != end; ++at) found.insert(at->second);
    for (const auto i : found) marks_[i].push_back(sighting);
    if (!found.empty()) marked_by_[sighting].assign(found.begin(), found.end());
    if (found.empty()) unmatched_[group_of(*sighting)].push_back(sighting);
  }
  for (std::size_t i = 0; i < uses_.size(); ++i) {
    if (marks_[i].empty()) continue;
    Mark mark{uses_[i].id, {}};
    for (const auto* one : marks_[i]) mark.sightings.push_back(*one);
    out_.marks.push_back(std::move(mark));
  }
}

Finding Comparison::about(Gap gap, const std::vector<const Sighting*>& group, std::string what,
                          std::string text) const {
  Finding finding{.gap = gap, .use = {}, .what = std::move(what), .text = std::move(text)};
  finding.team = common(group, &Sighting::team);
  for (const auto* one : group) {
    if (finding.evidence.size() == Finding::kMostEvidence) break;
    auto line = one->text();
    if (!one->places.empty()) line += " at " + one->places.front();
    finding.evidence.push_back(std::move(line));
  }
  // Whose it is, where a use covers it.
  const auto covered = marked_by_.find(group.front());
  if (covered == marked_by_.end()) return finding;
  for (const auto i : covered->second) {
    finding.use = uses_[i].id;
    finding.owner = uses_[i][F::owner];
    if (finding.team.empty()) finding.team = uses_[i][F::team];
    if (!finding.owner.empty()) break;
  }
  return finding;
}

Finding Comparison::about(Gap gap, const Use& use, std::string text) const {
  Finding finding{.gap = gap, .use = use.id, .what = use.title(), .text = std::move(text)};
  finding.owner = use[F::owner];
  finding.team = use[F::team];
  for (const auto& one : use.seen)
    if (finding.evidence.size() < Finding::kMostEvidence)
      finding.evidence.push_back(one.text() + (one.last ? ", last on " + day_of(*one.last) : ""));
  return finding;
}

std::map<std::pair<std::string, std::string>, std::vector<const Sighting*>> Comparison::by_provider(
    How how) const {
  std::map<std::pair<std::string, std::string>, std::vector<const Sighting*>> out;
  for (const auto& [key, one] : sightings_)
    if (one->how == how && !one->provider.empty() && one->surface != "self-hosted")
      out[{one->provider, how == How::gate ? one->team : one->repository}].push_back(one);
  return out;
}

void Comparison::find_code_without_gate() {
  if (!evidence_.scanned || !evidence_.gate) return;
  std::set<std::string> at_gate;
  for (const auto& one : evidence_.sightings)
    if (one.how == How::gate) at_gate.insert(one.provider);
  for (const auto& [where, group] : by_provider(How::scan)) {
    if (at_gate.contains(where.first)) continue;
    out_.findings.push_back(
        about(Gap::in_code_not_at_gate, group, where.first,
              fmt::format("code{} reaches {}, and the gate never saw it asked for",
                          where.second.empty() ? "" : " in " + where.second, where.first)));
  }
}

void Comparison::find_gate_without_code() {
  if (!evidence_.scanned || !evidence_.gate) return;
  std::set<std::string> in_code;
  for (const auto& one : evidence_.sightings)
    if (one.how == How::scan) in_code.insert(one.provider);
  for (const auto& [where, group] : by_provider(How::gate)) {
    if (in_code.contains(where.first)) continue;
    out_.findings.push_back(
        about(Gap::at_gate_not_in_code, group, where.first,
              fmt::format("{} is asked for at the gate{}, and no code that was scanned reaches it",
                          where.first, where.second.empty() ? "" : " by team " + where.second)));
  }
}

void Comparison::find_undeclared(Id (*make_id)()) {
  for (const auto& [key, group] : unmatched_) {
    auto use = proposal(group, how_, make_id());
    const auto title = use.title();
    out_.findings.push_back(about(Gap::seen_never_declared, group, title,
                                  fmt::format("{} was seen, and no use of the inventory covers it", title)));
    out_.proposed.push_back(std::move(use));
  }
}

void Comparison::find_gone() {
  if (!evidence_.scanned && !evidence_.gate && !evidence_.logs) return;
  const auto shows = [](const Sighting& s) { return s.how != How::question && s.how != How::declaration; };
  for (std::size_t i = 0; i < uses_.size(); ++i) {
    const auto& use = uses_[i];
    const bool approved = use.known(F::approval) || std::ranges::any_of(marks_[i], [](const auto* s) {
                            return s->how == How::question;
                          });
    if (!approved || use[F::status] == "retired") continue;
    if (std::ranges::any_of(marks_[i], [&](const auto* s) { return shows(*s); })) continue;
    const auto last = use.last_seen();
    if (last && how_.now - *last < how_.gone_after_ms &&
        std::ranges::any_of(use.seen, [&](const auto& s) { return shows(s); }))
      continue;
    out_.findings.push_back(
        about(Gap::approved_but_gone, use,
              last ? fmt::format("it was approved, and nothing shows it since {}", day_of(*last))
                   : std::string("it was approved, and nothing ever showed it")));
  }
}

void Comparison::find_new() {
  if (!how_.since) return;
  const auto earliest = [](std::optional<WallMs> first, const std::optional<WallMs>& one) {
    return one && (!first || *one < *first) ? one : first;
  };
  for (std::size_t i = 0; i < uses_.size(); ++i) {
    std::optional<WallMs> first;
    for (const auto& one : uses_[i].seen) first = earliest(first, one.first);
    for (const auto* one : marks_[i]) first = earliest(first, one->first);
    if (!first) first = uses_[i].created;
    if (*first >= *how_.since)
      out_.findings.push_back(about(Gap::new_since, uses_[i], "first seen on " + day_of(*first)));
  }
  for (const auto& [key, group] : unmatched_) {
    std::optional<WallMs> first;
    for (const auto* one : group) first = earliest(first, one->first);
    if (!first || *first < *how_.since) continue;
    const auto title = proposal(group, how_, {}).title();
    out_.findings.push_back(about(Gap::new_since, group, title, "first seen on " + day_of(*first)));
  }
}

void Comparison::finish() {
  std::ranges::sort(out_.findings, {},
                    [](const Finding& f) { return std::tie(f.gap, f.what, f.text, f.use); });
  out_.partial = evidence_.partial;
  if (!evidence_.scanned) out_.partial.emplace_back("no code was scanned");
  if (!evidence_.gate) out_.partial.emplace_back("the gate has no traffic to look at");
  if (!evidence_.logs) out_.partial.emplace_back("no logs of proxies were read");
}

}  // namespace

std::string_view name(Gap gap) {
  return kGaps[static_cast<std::size_t>(gap)];
}

std::optional<Gap> gap_named(std::string_view word) {
  const auto at = std::ranges::find(kGaps, word);
  return at == kGaps.end() ? std::nullopt : std::optional(static_cast<Gap>(at - kGaps.begin()));
}

Reconciled reconcile(const std::vector<Use>& uses, const Evidence& evidence, const Reconciling& how,
                     Id (*make_id)()) {
  return Comparison(uses, evidence, how).run(make_id);
}

}  // namespace ostiary::inventory

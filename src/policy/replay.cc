#include "policy/replay.h"

#include <algorithm>

namespace ostiary::policy {

namespace {

// What stops comes first, then what opens, then what goes elsewhere or is masked.
int severity(Effect was, Effect now) {
  if (now == Effect::deny) return 0;
  if (now == Effect::ask) return 1;
  if (was == Effect::deny) return 2;
  if (was == Effect::ask) return 3;
  if (now == Effect::reroute) return 4;
  return now == Effect::redact ? 5 : 6;
}

// Whether the difference is one. What was rerouted is decided where it went, where the rule that sent it
// there lets it pass.
bool same(const Past& past, Effect now, std::string_view to) {
  if (now == Effect::ask && past.approved) return true;
  if (past.was == Effect::reroute)
    return rank_of(now) < rank_of(Effect::ask) && (to.empty() || to == past.service);
  return past.was == now;
}

}  // namespace

Replay::Replay(const Policy& candidate, AtService at_service)
    : candidate_(candidate), at_service_(std::move(at_service)) {}

void Replay::take(const Past& past, const Facts& facts) {
  ++exchanges_;
  candidate_.judge(facts, verdict_);
  auto missing = verdict_.missing | verdict_.missing_would;
  for (std::size_t i = 0; missing != 0; ++i, missing >>= 1) missing_[i] += missing & 1;
  auto now = verdict_.effect;
  const auto would = verdict_.would_be;
  std::string to;
  if (now == Effect::reroute) {
    const auto there = [&](std::string_view service) {
      return at_service_ ? at_service_(facts, service) : std::nullopt;
    };
    const auto followed = candidate_.decide(facts, there);
    now = followed.enforced();
    to = followed.reroute_to;
  }
  if (!same(past, now, to)) {
    ++changed_;
    note(past, now, false, to);
  }
  if (would != verdict_.effect && !same(past, would, {})) note(past, would, true, {});
}

void Replay::note(const Past& past, Effect now, bool observed, std::string to) {
  key_.was = past.was, key_.now = now, key_.observed = observed, key_.to = std::move(to);
  key_.rules.clear();
  if (observed ? verdict_.would_by_stance : verdict_.by_stance) key_.rules.push_back(kStance);
  for (const auto& fired : verdict_.fired) {
    const auto then = fired.at_target ? Effect::allow : candidate_.document().rules[fired.rule].then;
    // A reroute that was followed to its end has more than one effect.
    const bool of_way = !observed && then == verdict_.effect;
    if ((observed ? fired.would && then == now : fired.enforced && (then == now || of_way)))
      key_.rules.push_back(fired.rule);
  }
  add(key_, 1, {{std::string(past.id), std::string(past.at)}});
}

void Replay::add(const Key& key, std::uint64_t count, const std::vector<Group::Example>& examples) {
  auto at = groups_.find(key);
  if (at == groups_.end()) {
    if (groups_.size() == kMostGroups) {
      left_out_ += count;
      return;
    }
    at = groups_.emplace(key, Group{}).first;
  }
  auto& group = at->second;
  group.count += count;
  const auto earlier = [](const Group::Example& a, const Group::Example& b) {
    return std::tie(a.at, a.id) < std::tie(b.at, b.id);
  };
  for (const auto& one : examples) {
    if (group.examples.size() == kMostExamples && !earlier(group.examples.front(), one)) continue;
    group.examples.insert(std::ranges::upper_bound(group.examples, one, earlier), one);
    if (group.examples.size() > kMostExamples) group.examples.erase(group.examples.begin());
  }
}

void Replay::merge(const Replay& other) {
  exchanges_ += other.exchanges_;
  changed_ += other.changed_;
  left_out_ += other.left_out_;
  for (std::size_t i = 0; i < missing_.size(); ++i) missing_[i] += other.missing_[i];
  for (const auto& [key, group] : other.groups_) add(key, group.count, group.examples);
}

std::vector<Replay::Group> Replay::groups() const {
  std::vector<Group> out;
  for (const auto& [key, group] : groups_) {
    auto one = group;
    one.was = key.was, one.now = key.now, one.observed = key.observed, one.to = key.to;
    for (const auto rule : key.rules)
      one.rules.push_back(rule == kStance ? "default" : candidate_.document().rules[rule].id);
    std::ranges::sort(one.rules);
    out.push_back(std::move(one));
  }
  std::ranges::sort(out, {}, [](const Group& g) {
    return std::tuple(g.observed, severity(g.was, g.now), ~g.count, g.was, g.now, g.to, g.rules);
  });
  return out;
}

std::vector<std::pair<std::string, std::uint64_t>> Replay::missing() const {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (std::size_t i = 0; i < fact_table().size(); ++i)
    if (missing_[i] > 0) out.emplace_back(fact_table()[i].name, missing_[i]);
  return out;
}

}  // namespace ostiary::policy

// Decisions in full: ids, facts, obligations and texts.

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "policy/policy.h"

namespace ostiary::policy {

namespace {

void add_each_once(std::vector<std::string>& all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
}

std::string text_of_stance(const Document& document, Effect effect) {
  return fmt::format("no rule of the policy{} allows this, and what none allows is {}",
                     document.title.empty() ? "" : fmt::format(" '{}'", document.title),
                     effect == Effect::ask ? "asked about" : "denied");
}

}  // namespace

Decision Policy::decide(const Facts& facts) const {
  Verdict verdict;
  return decide(facts, verdict);
}

Decision Policy::decide(const Facts& facts, Verdict& verdict) const {
  judge(facts, verdict);
  return in_full(facts, verdict);
}

// What is enforced; or, where that is nothing, what would be.
Decision Policy::in_full(const Facts& facts, const Verdict& v) const {
  Decision d;
  const bool would = v.effect == Effect::allow && v.would_be != Effect::allow;
  d.mode = would ? Mode::observe : Mode::enforce;
  d.effect = would ? v.would_be : v.effect;
  if (!would && v.would_be != v.effect) d.would_be = v.would_be;
  d.policy_version = document_.version;
  d.policy_digest = document_.digest;
  const bool by_stance = would ? v.would_by_stance : v.by_stance;
  if (by_stance) d.rules.push_back({"default", ""});
  const Rule* first = nullptr;  // of those with the effect, the one with the least id
  std::uint64_t used = 0;
  for (const auto& f : v.fired) {
    const auto& rule = document_.rules[f.rule];
    const auto then = f.at_target ? Effect::allow : rule.then;
    used |= rules_[f.rule].facts;
    if (!f.enforced && f.would) d.observed.push_back({rule.id, rule.clause});
    if (f.enforced)
      for (const auto& obligation : rule.obligations) d.obligations.push_back(obligation.text());
    if (!(would ? f.would : f.enforced)) continue;
    if (then == Effect::redact) add_each_once(d.redact_classes, rule.redact);
    if (then != d.effect && then != Effect::redact) continue;
    d.rules.push_back({rule.id, rule.clause});
    if (then != d.effect) continue;
    if (!first || rule.id < first->id) first = &rule;
    if (then == Effect::reroute && (d.reroute_to.empty() || rule.to < d.reroute_to)) d.reroute_to = rule.to;
  }
  add_each_once(d.obligations, {});
  std::ranges::sort(d.rules, {}, &RuleRef::id);
  std::ranges::sort(d.observed, {}, &RuleRef::id);
  if (first) {
    d.because = first->because;
    d.alternative = first->instead;
  } else if (by_stance && d.effect != Effect::allow) {
    d.because = text_of_stance(document_, d.effect);
  }
  const auto missing = would ? v.missing_would : v.missing;
  for (std::uint8_t i = 0; i < fact_table().size(); ++i) {
    const auto is_in = [&](std::uint64_t set) { return (set >> i & 1) != 0; };
    if (is_in(missing)) d.missing.emplace_back(fact_table()[i].name);
    if (is_in(used))
      if (const auto* fact = facts.find(fact_table()[i].name)) d.facts.push_back(*fact);
  }
  return d;
}

Decision Policy::decide(const Facts& facts, const AtService& at_service) const {
  Verdict verdict;
  auto d = decide(facts, verdict);
  if (d.enforced() != Effect::reroute) return d;
  std::vector<RuleRef> rules;
  std::vector<std::string> obligations, missing, way;
  std::string because, alternative;
  const auto denied = [&](std::string why) {
    d.effect = Effect::deny;
    d.mode = Mode::enforce;
    d.because = std::move(why);
    d.reroute_to.clear();
    d.would_be.reset();
    d.rules = rules;
    return d;
  };
  for (int i = 0; d.enforced() == Effect::reroute; ++i) {
    rules.insert(rules.end(), d.rules.begin(), d.rules.end());
    add_each_once(obligations, d.obligations);
    add_each_once(missing, d.missing);
    if (i == 0) because = d.because, alternative = d.alternative;
    if (i == kMostReroutes)
      return denied(fmt::format("the policy sends this from service to service ({}) and lets it stay nowhere",
                                fmt::join(way, ", ")));
    way.push_back(d.reroute_to);
    const auto there = at_service(d.reroute_to);
    if (!there)
      return denied(fmt::format("the policy sends this to '{}', which is no service here", d.reroute_to));
    d = decide(*there, verdict);
  }
  add_each_once(d.obligations, obligations);
  add_each_once(d.missing, missing);
  d.rules.insert(d.rules.end(), rules.begin(), rules.end());
  std::ranges::sort(d.rules, {}, [](const RuleRef& r) { return std::tie(r.id, r.clause); });
  const auto twice =
      std::ranges::unique(d.rules, [](const RuleRef& a, const RuleRef& b) { return a.id == b.id; });
  d.rules.erase(twice.begin(), twice.end());
  if (d.enforced() == Effect::ask || d.enforced() == Effect::deny) return d;
  if (d.mode == Mode::observe) {  // nothing of it is enforced
    d.would_be = d.effect;
    d.redact_classes.clear();
  }
  d.effect = Effect::reroute;
  d.mode = Mode::enforce;
  d.reroute_to = way.back();
  d.because = because;
  d.alternative = alternative;
  return d;
}

}  // namespace ostiary::policy

#include "policy/tighten.h"

#include <algorithm>
#include <functional>

namespace ostiary::policy {

namespace {

template <class T>
void join(std::vector<T>& all, const std::vector<T>& more, auto key) {
  for (const auto& one : more)
    if (std::ranges::find(all, std::invoke(key, one), key) == all.end()) all.push_back(one);
  std::ranges::sort(all, {}, key);
}

// As an enforced decision: one that lets everything pass, with what would be beside it.
void settle_observed(Decision& d) {
  if (d.mode != Mode::observe) return;
  d.would_be = d.effect;
  d.effect = Effect::allow;
  d.mode = Mode::enforce;
  d.rules.clear();
  d.redact_classes.clear();
  d.because.clear();
  d.instead.clear();
  d.reroute_to.clear();
}

}  // namespace

Decision tightened(Decision d, const Decision& more) {
  if (more.rules.empty()) return d;
  settle_observed(d);
  const int was = rank_of(d.effect), is = rank_of(more.effect);
  if (is > was) {
    if (d.effect == Effect::allow) d.rules.clear();
    d.effect = more.effect;
    d.because = more.because;
    d.instead = more.instead;
    if (d.effect != Effect::ask || d.reroute_to.empty()) d.reroute_to = more.reroute_to;
  } else if (d.effect == Effect::ask && d.reroute_to.empty()) {
    d.reroute_to = more.reroute_to;
  }
  if (is >= was || more.effect == Effect::redact) join(d.rules, more.rules, &RuleRef::id);
  join(d.redact_classes, more.redact_classes, std::identity{});
  join(d.facts, more.facts, &Fact::name);
  if (d.would_be && rank_of(*d.would_be) <= rank_of(d.effect)) d.would_be.reset();
  return d;
}

}  // namespace ostiary::policy

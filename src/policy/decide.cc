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

const Fact* Policy::used_fact(const Facts& facts, std::string_view name) const {
  const auto* fact = facts.find(name);
  return fact ? fact : document_.assumed.find(name);
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
  // Where nothing lifts the default, every fact that a rule reads has its part in it: with another value the
  // request might have been allowed.
  std::uint64_t used = by_stance && d.effect != Effect::allow ? wanted_ : 0;
  bool lifted = false;
  for (const auto& f : v.fired) {
    const auto& rule = document_.rules[f.rule];
    const auto then = f.at_target ? Effect::allow : rule.then;
    used |= rules_[f.rule].facts;
    if (!f.enforced && f.would) d.observed.push_back({rule.id, rule.clause});
    if (f.enforced)
      for (const auto& obligation : rule.obligations) d.obligations.push_back(obligation.text());
    if (!(would ? f.would : f.enforced)) continue;
    lifted |= then == Effect::allow && f.truth == Truth::yes;
    if (then == Effect::redact) add_each_once(d.redact_classes, rule.redact);
    const bool goes_on = then == Effect::reroute && (then == d.effect || d.effect == Effect::ask);
    if (goes_on && (d.reroute_to.empty() || rule.to < d.reroute_to)) d.reroute_to = rule.to;
    if (then != d.effect && then != Effect::redact) continue;
    d.rules.push_back({rule.id, rule.clause});
    if (then != d.effect) continue;
    if (!first || rule.id < first->id) first = &rule;
  }
  // The answer to a rule's question stands for the default's as well.
  if (d.effect == Effect::ask && document_.stance == Effect::ask && !lifted) used |= wanted_;
  add_each_once(d.obligations, {});
  std::ranges::sort(d.rules, {}, &RuleRef::id);
  std::ranges::sort(d.observed, {}, &RuleRef::id);
  if (first) {
    d.because = first->because;
    d.instead = first->instead;
  } else if (by_stance && d.effect != Effect::allow) {
    d.because = text_of_stance(document_, d.effect);
  }
  const auto missing = would ? v.missing_would : v.missing;
  for (std::uint8_t i = 0; i < fact_table().size(); ++i) {
    const auto is_in = [&](std::uint64_t set) { return (set >> i & 1) != 0; };
    if (is_in(missing)) d.missing.emplace_back(fact_table()[i].name);
    if (is_in(used))
      if (const auto* fact = used_fact(facts, fact_table()[i].name)) d.facts.push_back(*fact);
  }
  return d;
}

Decision Policy::decide(const Facts& facts, const AtService& at_service) const {
  Verdict verdict;
  return follow_reroutes([&](const Facts& there) { return decide(there, verdict); }, facts, at_service);
}

namespace {

// What all the decisions on the way to where a request ends up have in common.
class Way {
 public:
  void add(const Decision& d) {
    rules_.insert(rules_.end(), d.rules.begin(), d.rules.end());
    add_each_once(obligations_, d.obligations);
    add_each_once(missing_, d.missing);
    if (approved_by_.empty()) approved_by_ = d.approved_by;
    if (services_.empty()) because_ = d.because, instead_ = d.instead;
    services_.push_back(d.reroute_to);
  }
  std::size_t reroutes() const { return services_.size(); }
  const std::vector<std::string>& services() const { return services_; }

  Decision denied(Decision d, std::string why) const {
    d.effect = Effect::deny;
    d.mode = Mode::enforce;
    d.because = std::move(why);
    d.instead.clear();
    d.approved_by.clear();
    d.reroute_to.clear();
    d.would_be.reset();
    d.rules = rules_;
    join(d);
    return d;
  }
  // `d` is the decision for where it ends up.
  Decision ended(Decision d) const {
    if (d.mode == Mode::observe) {  // what made its effect did not make this one's
      for (auto& rule : d.rules)
        if (std::ranges::find(d.observed, rule.id, &RuleRef::id) == d.observed.end())
          d.observed.push_back(std::move(rule));
      std::ranges::sort(d.observed, {}, &RuleRef::id);
      d.rules.clear();
    }
    d.rules.insert(d.rules.end(), rules_.begin(), rules_.end());
    join(d);
    if (d.stops()) return d;
    if (d.mode == Mode::observe) {  // nothing of it is enforced
      d.would_be = d.effect;
      d.redact_classes.clear();
    }
    // An approval that was needed somewhere on the way stays to be seen.
    d.effect = approved_by_.empty() && d.approved_by.empty() ? Effect::reroute : Effect::ask;
    if (d.approved_by.empty()) d.approved_by = approved_by_;
    d.mode = Mode::enforce;
    d.reroute_to = services_.back();
    d.because = because_;
    d.instead = instead_;
    return d;
  }

 private:
  void join(Decision& d) const {
    add_each_once(d.obligations, obligations_);
    add_each_once(d.missing, missing_);
    std::ranges::sort(d.rules, {}, [](const RuleRef& r) { return std::tie(r.id, r.clause); });
    const auto twice =
        std::ranges::unique(d.rules, [](const RuleRef& a, const RuleRef& b) { return a.id == b.id; });
    d.rules.erase(twice.begin(), twice.end());
  }
  std::vector<RuleRef> rules_;
  std::vector<std::string> obligations_, missing_, services_;
  std::string because_, instead_, approved_by_;
};

}  // namespace

Decision follow_reroutes(const DecideOnce& decide, const Facts& facts, const Policy::AtService& at_service) {
  auto d = decide(facts);
  if (d.stops() || d.reroute_to.empty() || d.mode == Mode::observe) return d;
  Way way;
  while (!d.stops() && !d.reroute_to.empty() && d.mode == Mode::enforce) {
    if (way.reroutes() == Policy::kMostReroutes) {
      way.add(d);
      return way.denied(
          std::move(d),
          fmt::format("the policy sends this from service to service ({}) and lets it stay nowhere",
                      fmt::join(way.services().begin(), way.services().end() - 1, ", ")));
    }
    way.add(d);
    const auto there = at_service(d.reroute_to);
    if (!there) {
      const auto service = d.reroute_to;
      return way.denied(std::move(d),
                        fmt::format("the policy sends this to '{}', which is no service here", service));
    }
    d = decide(*there);
  }
  return way.ended(std::move(d));
}

}  // namespace ostiary::policy

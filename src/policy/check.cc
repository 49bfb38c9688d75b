#include "policy/check.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include "base/text.h"
#include "policy/due.h"
#include "policy/fact_table.h"
#include "policy/impl/conjunction.h"
#include "policy/impl/fact_bounds.h"
#include "policy/obligations.h"

namespace ostiary::policy {

namespace {

constexpr WallMs kDay = 86'400'000;

bool is_placeholder(std::string_view value) {
  const auto word = text::lower(text::trim(value));
  return word.empty() || word.front() == '<' || word.front() == '[' || word.starts_with("todo") ||
         word.starts_with("tbd") || word.starts_with("fixme") || word == "…" || word == "...";
}

class Checker {
 public:
  Checker(const Policy& policy, WallMs now, Findings& findings)
      : policy_(policy), d_(policy.document()), now_(now), findings_(findings) {}
  void run() {
    front();
    for (const auto& rule : d_.rules) each(rule);
    desk();
    // What has passed is told above.
    for (auto& one : due(d_, now_))
      if (!one.overdue || one.kind == "effective") findings_.warning("due", std::move(one.text), one.place);
    lists();
    winners();
    tests();
    findings_.sort();
  }

 private:
  Place front_place(std::string_view name) const {
    const auto at = d_.front.find(name);
    return at == d_.front.end() ? Place{1, 1} : at->second;
  }
  void front();
  void each(const Rule& rule);
  void desk();
  void lists();
  void uses(const Condition& condition);
  void classes(const Condition& condition);
  void winners();
  void tests();

  const Policy& policy_;
  const Document& d_;
  WallMs now_;
  Findings& findings_;
  std::set<std::uint32_t> used_;
};

void Checker::front() {
  const std::pair<std::string_view, const std::string*> needed[] = {
      {"title", &d_.title},     {"version", &d_.version},     {"owner", &d_.owner},
      {"contact", &d_.contact}, {"review-by", &d_.review_by},
  };
  const auto unfilled = [&](std::string_view name) {
    findings_.add(d_.status == Status::in_force ? Severity::error : Severity::warning, "unfilled",
                  fmt::format("'{}' is not filled in; readers and reviewers need it", name),
                  front_place(name));
  };
  for (const auto& [name, value] : needed)
    if (is_placeholder(*value)) unfilled(name);
  if (d_.status == Status::in_force) {
    if (is_placeholder(d_.approver)) unfilled("approver");
    if (is_placeholder(d_.effective)) unfilled("effective");
  }
  const auto review = parse_moment(d_.review_by);
  if (review && *review + kDay <= now_)
    findings_.warning("review",
                      fmt::format("the review was due by {}; review it and set a new date", d_.review_by),
                      front_place("review-by"));
}

void Checker::each(const Rule& rule) {
  if (rule.until && *rule.until <= now_)
    findings_.warning("expired",
                      fmt::format("{} '{}' ended with {}; take it out, or decide anew and set another date",
                                  rule.exception_of.empty() ? "rule" : "exception", rule.id, rule.until_text),
                      rule.until_place);
  for (const auto& obligation : rule.obligations)
    if (const auto* spec = find_obligation(obligation.name); spec && !spec->carried_out)
      findings_.error(
          "obligation",
          fmt::format("this build does not carry out '{}' ({}); take it out", spec->name, spec->meaning),
          obligation.place);
  if (const auto why = contradiction(rule.when, d_))
    findings_.error("impossible", fmt::format("rule '{}' can never hold: {}", rule.id, *why),
                    rule.when_place);
  uses(rule.when);
}

// Questions that nobody owns in time.
void Checker::desk() {
  for (const auto& lane : d_.desk.lanes) {
    if (const auto why = contradiction(lane.when, d_))
      findings_.error("impossible", fmt::format("lane '{}' can never be taken: {}", lane.name, *why),
                      lane.when_place);
    uses(lane.when);
    if (is_placeholder(lane.owner))
      findings_.add(d_.status == Status::in_force ? Severity::error : Severity::warning, "unfilled",
                    fmt::format("lane '{}' has no owner; name who answers", lane.name), lane.place);
    if (!std::ranges::any_of(d_.answer_targets, [&](const auto& t) { return t.lane == lane.name; }))
      findings_.warning(
          "dead-reference",
          fmt::format("'answer-targets' says nothing of lane '{}'; its clocks have no end", lane.name),
          lane.place);
  }
  if (d_.desk.lanes.empty()) return;
  for (const auto& target : d_.answer_targets)
    if (!std::ranges::any_of(d_.desk.lanes, [&](const auto& l) { return l.name == target.lane; }))
      findings_.error("dead-reference", fmt::format("there is no lane '{}'", target.lane), target.place);
}

void Checker::uses(const Condition& condition) {
  if (condition.kind == Condition::Kind::test) {
    const auto& spec = fact_table()[condition.fact];
    if (!is_ever_known(condition.fact))
      findings_.warning(
          "never-known",
          fmt::format("nothing in this build says what '{}' is, so that this is unknown for every "
                      "request: it stops and never allows",
                      spec.name),
          condition.place);
    if (condition.op <= Operator::only) {
      used_.insert(condition.list);
      if (spec.name == "data.classes") classes(condition);
    }
  }
  for (const auto& part : condition.parts) uses(part);
}

// A class with a slip of the keyboard in it never comes, and its rule never fires.
void Checker::classes(const Condition& condition) {
  for (const auto& word : d_.lists[condition.list].exact)
    if (const auto meant = meant_class(word))
      findings_.warning(
          "unknown-class",
          fmt::format("no detector gives the data class '{}'; did you mean '{}'?", word, *meant),
          condition.place);
}

void Checker::lists() {
  std::set<std::string_view> destinations;
  bool any = false;
  for (const auto& list : d_.lists) {
    if (list.section != "destinations") continue;
    any = true;
    destinations.insert(list.exact.begin(), list.exact.end());
  }
  for (const auto& rule : d_.rules)
    if (any && !rule.to.empty() && !destinations.contains(rule.to))
      findings_.error("dead-reference",
                      fmt::format("no list of 'destinations' names the service '{}'", rule.to),
                      rule.to_place);
  for (std::uint32_t i = 0; i < d_.lists.size(); ++i) {
    const auto& list = d_.lists[i];
    if (list.empty())
      findings_.warning("impossible", fmt::format("the list '{}' is empty", list.name), list.place);
    if (!list.name.empty() && list.section != "destinations" && !used_.contains(i))
      findings_.warning("dead-reference", fmt::format("no rule uses the list '{}'", list.name), list.place);
  }
}

// A rule never wins where a stricter one that nothing suspends holds whenever it does.
void Checker::winners() {
  Overriders overriders(d_, kMostComparisons);
  for (std::size_t i = 0; i < d_.rules.size(); ++i) {
    const auto* by = overriders.of(i);
    if (by)
      findings_.warning(
          "never-wins",
          fmt::format("rule '{}' never wins: whenever it holds '{}' (line {}) does too, and it says {}",
                      d_.rules[i].id, by->id, by->place.line, name(by->then)),
          d_.rules[i].place);
  }
  if (overriders.exhausted())
    findings_.warning("not-compared", "there are too many rules to look for all that can never win", {1, 1});
}

void Checker::tests() {
  std::set<std::string> fired;
  for (const auto& result : run_cases(policy_)) {
    for (const auto& failure : result.failures)
      findings_.error("failing-test", fmt::format("test '{}': {}", result.test->name, failure),
                      result.test->place);
    if (!result.passed()) continue;
    for (const auto* rules : {&result.decision.rules, &result.decision.observed})
      for (const auto& ref : *rules) fired.insert(ref.id);
  }
  for (const auto& rule : d_.rules)
    if (!fired.contains(rule.id))
      findings_.warning(
          "untested",
          fmt::format("no passing test is decided by rule '{}'; add one with 'by: {}'", rule.id, rule.id),
          rule.place);
}

}  // namespace

void check(const Policy& policy, WallMs now, Findings& findings) {
  Checker(policy, now, findings).run();
}

}  // namespace ostiary::policy

#include "policy/diff.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "policy/impl/differences.h"
#include "policy/impl/space.h"
#include "policy/plain.h"

namespace ostiary::policy {

namespace {

constexpr std::size_t kMostBases = 256;        // tests taken as a beginning
constexpr std::size_t kMostWork = 30'000'000;  // rules judged
constexpr std::size_t kMostShifts = 100;
constexpr std::size_t kLeastCombinations = 200;

// A combination of facts, as the class of each fact.
using Point = std::vector<std::uint8_t>;

// What becomes of a request, as far as somebody notices.
struct Outcome {
  Effect effect = Effect::allow;
  Effect would = Effect::allow;
  std::vector<std::string> redact;
  std::string to;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome_of(const Decision& d) {
  Outcome out{.effect = d.enforced(), .would = d.effect, .redact = {}, .to = {}};
  if (d.mode == Mode::enforce) {
    out.redact = d.redact_classes;
    out.to = d.reroute_to;
    out.would = d.would_be.value_or(d.effect);
  }
  return out;
}

std::string in_words(const Outcome& o) {
  std::vector<std::string> nouns;
  const auto& spec = fact_table()[*fact_index("data.classes")];
  for (const auto& text : o.redact) nouns.push_back(noun(spec, text));
  std::string out;
  if (o.effect == Effect::redact)
    out = fmt::format("allowed with {} masked", listed(nouns, "and"));
  else if (o.effect == Effect::reroute)
    out = fmt::format("sent to {}", o.to);
  else
    out = participle(o.effect);
  if (o.effect != Effect::redact && o.effect < Effect::ask && !nouns.empty())
    out += fmt::format(" with {} masked", listed(nouns, "and"));
  if (o.would > o.effect) out += fmt::format(" (and noted as one that would be {})", participle(o.would));
  return out;
}

Shift::Way way_of(const Outcome& a, const Outcome& b) {
  if (a.effect != b.effect) return a.effect < b.effect ? Shift::Way::stricter : Shift::Way::looser;
  if (a.redact != b.redact) {
    if (std::ranges::includes(b.redact, a.redact)) return Shift::Way::stricter;
    if (std::ranges::includes(a.redact, b.redact)) return Shift::Way::looser;
  }
  return Shift::Way::other;
}

std::vector<std::string> ids_of(const Decision& d) {
  std::vector<std::string> out;
  for (const auto& ref : d.rules) out.push_back(ref.id);
  for (const auto& ref : d.observed) out.push_back(ref.id);
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

// Requests that shift in the same way, by the same rules.
struct Group {
  Outcome before, after;
  std::vector<std::string> rules_before, rules_after;
  std::vector<std::uint32_t> points;
};

class Comparison {
 public:
  Comparison(const Policy& before, const Policy& after, const std::set<std::uint8_t>& changed)
      : a_(before), b_(after), changed_(changed) {}
  void run(Diff& out);

 private:
  void make_space();
  std::vector<Point> bases() const;
  Point base_of(const Facts& facts) const;
  Facts facts_of(const Point& point) const;
  void around(const Point& base);
  bool take(Point point);
  void group();
  Shift describe(const Group& group) const;
  // The classes of each fact that the group's points have.
  std::vector<std::vector<bool>> hull_of(const Group& group) const;
  bool exact(const std::vector<std::vector<bool>>& hull, const std::vector<std::size_t>& facts,
             const std::vector<bool>& members) const;
  std::string words_of(const std::vector<std::vector<bool>>& hull,
                       const std::vector<std::size_t>& facts) const;

  const Policy &a_, &b_;
  const std::set<std::uint8_t>& changed_;
  std::array<ValueList, 2> named_;   // teams, services
  std::vector<Dimension> space_;     // every fact that rules read
  std::vector<std::size_t> varied_;  // indexes of those that changed rules read
  std::size_t budget_ = kMostCombinations;
  std::vector<Point> points_;
  std::set<Point> known_;
  std::vector<Group> groups_;
  std::vector<std::string> partial_;
};

void Comparison::make_space() {
  std::set<std::uint8_t> facts = changed_;
  for (const auto* policy : {&a_, &b_})
    for (const auto wanted : policy->wants()) facts.insert(*fact_index(wanted));
  // Teams and services that are observed, and those that rules send to, are told apart.
  for (const auto* policy : {&a_, &b_}) {
    const auto& d = policy->document();
    for (const auto& team : d.observed_teams) named_[0].exact.push_back(team);
    for (const auto& service : d.observed_services) named_[1].exact.push_back(service);
    for (const auto& rule : d.rules)
      if (!rule.to.empty()) named_[1].exact.push_back(rule.to);
  }
  for (auto& list : named_) std::ranges::sort(list.exact);
  space_ =
      dimensions_of({&a_.document(), &b_.document()}, facts,
                    {{*fact_index("subject.team"), &named_[0]}, {*fact_index("target.service"), &named_[1]}});
  for (std::size_t i = 0; i < space_.size(); ++i) {
    if (changed_.contains(space_[i].fact)) varied_.push_back(i);
    if (!space_[i].whole)
      partial_.push_back(fmt::format("not every value of {} that rules tell apart was looked at",
                                     fact_table()[space_[i].fact].name));
  }
  const auto rules = a_.document().rules.size() + b_.document().rules.size() + 1;
  budget_ = std::clamp(kMostWork / rules, kLeastCombinations, kMostCombinations);
}

Point Comparison::base_of(const Facts& facts) const {
  Point out(space_.size());
  for (std::size_t i = 0; i < space_.size(); ++i) {
    const auto* fact = facts.find(fact_table()[space_[i].fact].name);
    out[i] = static_cast<std::uint8_t>(space_[i].class_of(fact ? &fact->value : nullptr));
  }
  return out;
}

// An ordinary request, one of which nothing is known, and the situations of both documents' tests.
std::vector<Point> Comparison::bases() const {
  std::vector<Point> out(2, Point(space_.size(), 0));
  for (std::size_t i = 0; i < space_.size(); ++i) out[0][i] = space_[i].classes.size() > 1 ? 1 : 0;
  std::set<Point> known(out.begin(), out.end());
  std::size_t looked_at = 0;
  for (const auto* policy : {&b_, &a_})
    for (const auto& test : policy->document().cases) {
      if (++looked_at > kMostBases) return out;
      auto point = base_of(test.given);
      if (known.insert(point).second) out.push_back(std::move(point));
    }
  return out;
}

Facts Comparison::facts_of(const Point& point) const {
  Facts out;
  out.reserve(space_.size());
  for (std::size_t i = 0; i < space_.size(); ++i)
    if (const auto& value = space_[i].classes[point[i]].value)
      out.set(fact_table()[space_[i].fact].name, *value, "comparison");
  return out;
}

bool Comparison::take(Point point) {
  if (known_.contains(point)) return true;
  if (points_.size() >= budget_) return false;
  known_.insert(point);
  points_.push_back(std::move(point));
  return true;
}

// The base with the varied facts at every combination of values; where these are too many, every pair.
void Comparison::around(const Point& base) {
  constexpr std::size_t kMostProduct = 2000;
  std::size_t product = 1;
  for (const auto i : varied_) product = std::min(product * space_[i].classes.size(), kMostProduct + 1);
  auto point = base;
  if (product <= kMostProduct) {
    for (const auto i : varied_) point[i] = 0;
    for (bool more = true; more;) {
      if (!take(point)) return;
      more = false;
      for (const auto i : varied_) {
        if (++point[i] < space_[i].classes.size()) {
          more = true;
          break;
        }
        point[i] = 0;
      }
    }
    return;
  }
  take(base);
  for (std::size_t x = 0; x < varied_.size(); ++x)
    for (std::size_t y = x + 1; y < varied_.size(); ++y)
      for (std::uint8_t i = 0; i < space_[varied_[x]].classes.size(); ++i)
        for (std::uint8_t j = 0; j < space_[varied_[y]].classes.size(); ++j) {
          point = base;
          point[varied_[x]] = i;
          point[varied_[y]] = j;
          if (!take(point)) return;
        }
}

void Comparison::group() {
  using Key = std::tuple<std::string, std::string, std::vector<std::string>, std::vector<std::string>>;
  std::map<Key, std::size_t> known;
  Verdict va, vb;
  for (std::uint32_t i = 0; i < points_.size(); ++i) {
    const auto facts = facts_of(points_[i]);
    const auto before = a_.decide(facts, va), after = b_.decide(facts, vb);
    auto x = outcome_of(before), y = outcome_of(after);
    if (x == y) continue;
    auto ids_before = ids_of(before), ids_after = ids_of(after);
    const auto [at, fresh] =
        known.emplace(Key{in_words(x), in_words(y), ids_before, ids_after}, groups_.size());
    if (fresh)
      groups_.push_back({std::move(x), std::move(y), std::move(ids_before), std::move(ids_after), {}});
    groups_[at->second].points.push_back(i);
  }
}

std::vector<std::vector<bool>> Comparison::hull_of(const Group& group) const {
  std::vector<std::vector<bool>> hull;
  for (const auto& d : space_) hull.emplace_back(d.classes.size());
  for (const auto at : group.points)
    for (std::size_t i = 0; i < space_.size(); ++i) hull[i][points_[at][i]] = true;
  return hull;
}

// Whether all points within the hull, as far as these facts say, are members.
bool Comparison::exact(const std::vector<std::vector<bool>>& hull, const std::vector<std::size_t>& facts,
                       const std::vector<bool>& members) const {
  for (std::size_t p = 0; p < points_.size(); ++p)
    if (!members[p] && std::ranges::all_of(facts, [&](auto i) { return hull[i][points_[p][i]]; }))
      return false;
  return true;
}

std::string Comparison::words_of(const std::vector<std::vector<bool>>& hull,
                                 const std::vector<std::size_t>& facts) const {
  std::vector<std::string> clauses;
  for (const auto i : facts) {
    std::vector<std::size_t> classes;
    for (std::size_t c = 0; c < hull[i].size(); ++c)
      if (hull[i][c]) classes.push_back(c);
    clauses.push_back(policy::in_words(space_[i], classes));
  }
  return joined_clauses(clauses, "and");
}

Shift Comparison::describe(const Group& group) const {
  Shift out{.before = in_words(group.before),
            .after = in_words(group.after),
            .way = way_of(group.before, group.after),
            .text = {},
            .combinations = group.points.size(),
            .example = facts_of(points_[group.points.front()]),
            .rules_before = group.rules_before,
            .rules_after = group.rules_after};
  const auto hull = hull_of(group);
  std::vector<bool> members(points_.size());
  for (const auto at : group.points) members[at] = true;
  // The facts that narrow it down; then those are left out that it is told without.
  std::vector<std::size_t> facts;
  for (const auto i : varied_)
    if (std::ranges::count(hull[i], true) < std::ssize(hull[i])) facts.push_back(i);
  out.all = exact(hull, facts, members);
  if (!out.all) {
    for (std::size_t i = 0; i < space_.size(); ++i)
      if (std::ranges::find(varied_, i) == varied_.end() &&
          std::ranges::count(hull[i], true) < std::ssize(hull[i]))
        facts.push_back(i);
    out.all = exact(hull, facts, members);
  }
  for (std::size_t i = facts.size(); out.all && i-- > 0;) {
    auto fewer = facts;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (exact(hull, fewer, members)) facts = std::move(fewer);
  }
  if (!out.all && facts.size() > varied_.size()) facts.resize(varied_.size());
  const auto when = words_of(hull, facts);
  out.text = fmt::format("{}{}: was {}, is now {}.", out.all ? "" : "Sometimes ",
                         when.empty() ? (out.all ? "Whatever the request" : "whatever the request")
                                      : (out.all ? "When " : "when ") + when,
                         out.before, out.after);
  return out;
}

void Comparison::run(Diff& out) {
  make_space();
  const auto all = bases();
  std::size_t done = 0;
  for (const auto& base : all) {
    if (points_.size() >= budget_) break;
    around(base);
    ++done;
  }
  if (points_.size() >= budget_)
    partial_.push_back(fmt::format(
        "only {} combinations of facts were decided; of {} situations to begin with, {} were looked at",
        points_.size(), all.size(), done));
  else if (a_.document().cases.size() + b_.document().cases.size() > kMostBases)
    partial_.push_back(fmt::format("only {} tests were taken as situations to begin with", kMostBases));
  group();
  std::ranges::sort(groups_, [](const Group& x, const Group& y) {
    const auto key = [](const Group& g) {
      return std::tuple(way_of(g.before, g.after), -static_cast<int>(g.after.effect), -std::ssize(g.points),
                        g.points.front());
    };
    return key(x) < key(y);
  });
  for (const auto& group : groups_) {
    if (out.shifts.size() >= kMostShifts) {
      partial_.push_back(
          fmt::format("{} more kinds of changed decisions are not told", groups_.size() - kMostShifts));
      break;
    }
    out.shifts.push_back(describe(group));
  }
  out.compared = points_.size();
  std::ranges::move(partial_, std::back_inserter(out.partial));
}

}  // namespace

Diff diff(const Policy& before, const Policy& after) {
  Diff out;
  auto found = differences_of(before.document(), after.document());
  out.differences = std::move(found.all);
  if (found.decides) Comparison(before, after, found.facts).run(out);
  return out;
}

const char* name(Difference::How how) {
  switch (how) {
    case Difference::How::added:
      return "added";
    case Difference::How::removed:
      return "removed";
    case Difference::How::changed:
      return "changed";
  }
  return "changed";
}

const char* name(Shift::Way way) {
  switch (way) {
    case Shift::Way::stricter:
      return "stricter";
    case Shift::Way::looser:
      return "looser";
    case Shift::Way::other:
      return "other";
  }
  return "other";
}

}  // namespace ostiary::policy

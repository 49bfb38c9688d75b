#include "policy/diff.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "policy/impl/differences.h"
#include "policy/impl/space.h"
#include "policy/plain.h"

namespace ostiary::policy {

namespace {

constexpr std::size_t kMostBases = 256;                        // tests taken as a beginning
constexpr std::size_t kMostWork = 30'000'000;                  // rules judged
constexpr std::size_t kMostShifts = 100, kMostSentences = 12;  // in all, and of one kind
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

// Requests that shift in the same way.
struct Group {
  Outcome before, after;
  std::vector<std::uint32_t> points;
  // Of each point the rules that decided, before and after.
  std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> ids;
};

class Boxes;

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
  void describe(const Group& group, const Boxes& boxes, Diff& out);
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
  using Key = std::pair<std::string, std::string>;
  std::map<Key, std::size_t> known;
  Verdict va, vb;
  for (std::uint32_t i = 0; i < points_.size(); ++i) {
    const auto facts = facts_of(points_[i]);
    const auto before = a_.decide(facts, va), after = b_.decide(facts, vb);
    auto x = outcome_of(before), y = outcome_of(after);
    if (x == y) continue;
    const auto [at, fresh] = known.emplace(Key{in_words(x), in_words(y)}, groups_.size());
    if (fresh) groups_.push_back({std::move(x), std::move(y), {}, {}});
    groups_[at->second].points.push_back(i);
    groups_[at->second].ids.emplace_back(ids_of(before), ids_of(after));
  }
}

// A box of points: the classes that each fact may have in it. It is exact where all its points are members of
// one group; of such a box facts are freed, and classes added, as long as it stays exact.
class Boxes {
 public:
  Boxes(const std::vector<Dimension>& space, const std::vector<Point>& points)
      : space_(space), points_(points) {
    words_ = (points.size() + 63) / 64;
    for (std::size_t i = 0; i < space.size(); ++i) {
      auto& of = having_.emplace_back(space[i].classes.size(), Bits(words_));
      for (std::size_t p = 0; p < points.size(); ++p)
        of[points[p][i]][p / 64] |= std::uint64_t{1} << (p % 64);
    }
  }
  using Bits = std::vector<std::uint64_t>;
  using Box = std::vector<std::vector<std::size_t>>;  // of each fact its classes; empty: any

  // The largest box around a point that was found, and its points.
  Box around(const Point& seed, const Bits& members, const std::vector<std::size_t>& order) const {
    Box box(space_.size());
    for (std::size_t i = 0; i < space_.size(); ++i) box[i] = {seed[i]};
    for (const auto i : order) {
      auto kept = std::exchange(box[i], {});
      if (is_within(box, members)) continue;
      box[i] = std::move(kept);
    }
    for (const auto i : order) {
      if (box[i].empty()) continue;
      for (std::size_t c = 0; c < space_[i].classes.size(); ++c) {
        if (c == seed[i]) continue;
        box[i].push_back(c);
        if (!is_within(box, members)) box[i].pop_back();
      }
      std::ranges::sort(box[i]);
    }
    return box;
  }
  Bits points_of(const Box& box) const {
    Bits out(words_, ~std::uint64_t{0});
    Bits any(words_);
    for (std::size_t i = 0; i < box.size(); ++i) {
      if (box[i].empty()) continue;
      std::ranges::fill(any, 0);
      for (const auto c : box[i])
        for (std::size_t w = 0; w < words_; ++w) any[w] |= having_[i][c][w];
      for (std::size_t w = 0; w < words_; ++w) out[w] &= any[w];
    }
    if (points_.size() % 64 != 0) out.back() &= (std::uint64_t{1} << (points_.size() % 64)) - 1;
    return out;
  }

 private:
  bool is_within(const Box& box, const Bits& members) const {
    const auto points = points_of(box);
    for (std::size_t w = 0; w < words_; ++w)
      if (points[w] & ~members[w]) return false;
    return true;
  }

  const std::vector<Dimension>& space_;
  const std::vector<Point>& points_;
  std::size_t words_ = 0;
  std::vector<std::vector<Bits>> having_;  // by fact and class
};

// Facts in the order in which a sentence does without them: those that nobody knows first, then those that
// tell people least.
std::vector<std::size_t> order_of(const std::vector<Dimension>& space, const Point& seed) {
  constexpr std::string_view kTelling[] = {
      "time.now",     "subject.team",   "output.use",     "tool",           "data.bytes",
      "target.model", "target.service", "target.hosting", "target.surface", "data.classes"};
  std::vector<std::size_t> out(space.size());
  std::iota(out.begin(), out.end(), 0);
  std::ranges::sort(out, {}, [&](std::size_t i) {
    const auto* at = std::ranges::find(kTelling, fact_table()[space[i].fact].name);
    const auto rank = at == std::end(kTelling) ? -1 : static_cast<int>(at - std::begin(kTelling));
    return std::tuple(seed[i] != 0, rank, i);
  });
  return out;
}

std::string words_of(const std::vector<Dimension>& space, const Boxes::Box& box) {
  std::vector<std::string> clauses;
  for (std::size_t i = 0; i < box.size(); ++i)
    if (!box[i].empty()) clauses.push_back(policy::in_words(space[i], box[i]));
  return joined_clauses(clauses, "and");
}

void add_ids(std::vector<std::string>& into, const std::vector<std::string>& ids) {
  constexpr std::size_t kMostIds = 20;
  for (const auto& id : ids)
    if (into.size() < kMostIds && std::ranges::find(into, id) == into.end()) into.push_back(id);
}

// Sentences that together tell which of the points shift so, the widest ones first found.
void Comparison::describe(const Group& group, const Boxes& boxes, Diff& out) {
  Boxes::Bits members((points_.size() + 63) / 64), told(members.size());
  for (const auto at : group.points) members[at / 64] |= std::uint64_t{1} << (at % 64);
  const auto is_in = [](const Boxes::Bits& bits, std::uint32_t p) {
    return (bits[p / 64] >> (p % 64) & 1) != 0;
  };
  std::size_t sentences = 0, left = 0;
  for (const auto seed : group.points) {
    if (is_in(told, seed)) continue;
    if (++sentences > kMostSentences || out.shifts.size() >= kMostShifts) {
      ++left;
      continue;
    }
    const auto box = boxes.around(points_[seed], members, order_of(space_, points_[seed]));
    const auto within = boxes.points_of(box);
    Shift shift{.before = in_words(group.before),
                .after = in_words(group.after),
                .way = way_of(group.before, group.after),
                .text = {},
                .combinations = 0,
                .example = facts_of(points_[seed]),
                .rules_before = {},
                .rules_after = {}};
    for (std::size_t i = 0; i < group.points.size(); ++i) {
      if (!is_in(within, group.points[i])) continue;
      ++shift.combinations;
      add_ids(shift.rules_before, group.ids[i].first);
      add_ids(shift.rules_after, group.ids[i].second);
    }
    for (std::size_t w = 0; w < told.size(); ++w) told[w] |= within[w];
    std::ranges::sort(shift.rules_before);
    std::ranges::sort(shift.rules_after);
    const auto when = words_of(space_, box);
    shift.text = fmt::format("{}: was {}, is now {}.", when.empty() ? "Whatever the request" : "When " + when,
                             shift.before, shift.after);
    out.shifts.push_back(std::move(shift));
  }
  if (left > 0)
    partial_.push_back(fmt::format("of requests that were {} and are {}, {} more combinations are not told",
                                   in_words(group.before), in_words(group.after), left));
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
  const Boxes boxes(space_, points_);
  for (const auto& group : groups_) describe(group, boxes, out);
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

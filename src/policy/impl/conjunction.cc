#include "policy/impl/conjunction.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <tuple>

#include "policy/fact_table.h"
#include "policy/impl/fact_bounds.h"

namespace ostiary::policy {

namespace {

void collect(const Condition& c, bool negative, Conjunction& out) {
  switch (c.kind) {
    case Condition::Kind::always:
      if (negative) out.whole = false;
      return;
    case Condition::Kind::test:
      out.tests.push_back({&c, negative});
      return;
    case Condition::Kind::negation:
      return collect(c.parts.front(), !negative, out);
    case Condition::Kind::all:
    case Condition::Kind::any:
      if ((c.kind == Condition::Kind::all) == negative) {
        out.whole = false;
        return;
      }
      for (const auto& part : c.parts) collect(part, negative, out);
  }
}

struct Range {
  std::int64_t least = std::numeric_limits<std::int64_t>::min(),
               most = std::numeric_limits<std::int64_t>::max();
  void at_least(std::int64_t n) { least = std::max(least, n); }
  void at_most(std::int64_t n) { most = std::min(most, n); }
};

void narrow(Range& range, const Conjunct& c) {
  const auto n = c.test->number;
  const bool more = c.test->op == Operator::at_least || c.test->op == Operator::over;
  const bool strict = c.test->op == Operator::over || c.test->op == Operator::under;
  if (c.test->op == Operator::equal) {
    if (!c.negative)
      range.at_least(n), range.at_most(n);
    else if (range.least == n)
      range.at_least(n + 1);
    else if (range.most == n)
      range.at_most(n - 1);
  } else if (more != c.negative) {
    // over n, or not at most n / not under n
    range.at_least(strict != c.negative ? (n == INT64_MAX ? n : n + 1) : n);
  } else {
    range.at_most(strict != c.negative ? (n == INT64_MIN ? n : n - 1) : n);
  }
}

// What is left of a fact that has one value: the texts it may still have, where they can be counted.
struct Texts {
  std::optional<std::vector<std::string>> left;
};

void narrow(Texts& texts, const Conjunct& c, const FactSpec& spec, const Document& document) {
  const auto& list = document.lists[c.test->list];
  if (!texts.left && !spec.allowed.empty()) texts.left.emplace(spec.allowed.begin(), spec.allowed.end());
  if (!texts.left && !c.negative && list.globs.empty()) texts.left = list.exact;
  if (texts.left)
    std::erase_if(*texts.left, [&](const std::string& text) { return list.holds(text) == c.negative; });
}

// What a set of texts must hold and what it may hold at all, as far as single texts say so.
struct Sets {
  std::vector<const ValueList*> only;    // each of its texts is in all of these
  std::vector<const std::string*> have;  // these are in it
  std::vector<const ValueList*> one_of;  // of each of these one is
};

void narrow(Sets& sets, const Conjunct& c, const Document& document) {
  if (c.negative) return;
  const auto& list = document.lists[c.test->list];
  if (c.test->op == Operator::only) sets.only.push_back(&list);
  if (c.test->op == Operator::one_of) sets.one_of.push_back(&list);
  if (c.test->op == Operator::has_all)
    for (const auto& text : list.exact) sets.have.push_back(&text);
}

std::optional<std::string> clash(const Sets& sets, const FactSpec& spec) {
  const auto may_be_there = [&](const std::string& text) {
    const bool allowed = spec.allowed.empty() || std::ranges::find(spec.allowed, text) != spec.allowed.end();
    return allowed && std::ranges::all_of(sets.only, [&](const auto* list) { return list->holds(text); });
  };
  for (const auto* text : sets.have)
    if (!may_be_there(*text))
      return fmt::format("'{}' cannot hold '{}' and only the others", spec.name, *text);
  for (const auto* list : sets.one_of)
    if (!sets.only.empty() && list->globs.empty() && std::ranges::none_of(list->exact, may_be_there))
      return fmt::format("'{}' cannot hold one of the texts and only the others", spec.name);
  return std::nullopt;
}

std::optional<std::string> clash(const Conjunction& all, const Document& document) {
  std::map<std::uint8_t, Range> ranges;
  std::map<std::uint8_t, Texts> texts;
  std::map<std::uint8_t, Sets> sets;
  for (const auto& c : all.tests) {
    const auto& spec = fact_table()[c.test->fact];
    const bool of_texts = c.test->op <= Operator::only;
    if (of_texts && !c.negative && document.lists[c.test->list].empty() && c.test->op == Operator::one_of)
      return fmt::format("'{}' is compared with an empty list", spec.name);
    if (spec.type == FactType::words) {
      narrow(sets[c.test->fact], c, document);
      continue;
    }
    if (of_texts) {
      // Positive tests first leave few texts, of which negative ones take away.
      auto& left = texts[c.test->fact];
      narrow(left, c, spec, document);
      if (left.left && left.left->empty()) return fmt::format("no value of '{}' is left", spec.name);
      continue;
    }
    auto& range = ranges[c.test->fact];
    if (spec.type == FactType::flag) range.at_least(0), range.at_most(1);
    if (spec.type == FactType::count || spec.type == FactType::bytes) range.at_least(0);
    if (spec.type == FactType::level)
      range.at_least(0), range.at_most(static_cast<std::int64_t>(spec.allowed.size()) - 1);
    if (const auto most = greatest(c.test->fact)) range.at_most(*most);
    narrow(range, c);
    if (range.least > range.most) return fmt::format("no value of '{}' is left", spec.name);
  }
  for (const auto& [fact, set] : sets)
    if (auto why = clash(set, fact_table()[fact])) return why;
  return std::nullopt;
}

}  // namespace

Conjunction conjunction_of(const Condition& condition) {
  Conjunction out;
  collect(condition, false, out);
  std::ranges::sort(out.tests, {}, &Conjunct::negative);
  return out;
}

std::optional<std::string> contradiction(const Condition& condition, const Document& document) {
  if (auto why = clash(conjunction_of(condition), document)) return why;
  if (condition.kind == Condition::Kind::all)
    for (const auto& part : condition.parts)
      if (part.kind != Condition::Kind::test)
        if (auto why = contradiction(part, document)) return why;
  if (condition.kind != Condition::Kind::any) return std::nullopt;
  std::optional<std::string> why;
  for (const auto& part : condition.parts)
    if (why = contradiction(part, document); !why) return std::nullopt;
  return why;
}

Overriders::Overriders(const Document& document, std::size_t budget) : document_(document), budget_(budget) {
  using Key = std::tuple<std::uint8_t, Operator, std::uint32_t, std::int64_t, bool>;
  std::map<Key, std::uint32_t> numbers;
  std::vector<std::size_t> uses;
  suspended_.resize(document.rules.size());
  std::map<std::string_view, std::size_t> ids;
  for (std::size_t i = 0; i < document.rules.size(); ++i) ids.emplace(document.rules[i].id, i);
  for (const auto& rule : document.rules) {
    const auto conjunction = conjunction_of(rule.when);
    auto& tests = tests_.emplace_back();
    for (const auto& c : conjunction.tests) {
      const Key key{c.test->fact, c.test->op, c.test->list, c.test->number, c.negative};
      const auto [at, fresh] = numbers.emplace(key, static_cast<std::uint32_t>(numbers.size()));
      if (fresh) uses.push_back(0);
      tests.push_back(at->second);
    }
    std::ranges::sort(tests);
    tests.erase(std::ranges::unique(tests).begin(), tests.end());
    for (const auto test : tests) ++uses[test];
    whole_.push_back(conjunction.whole);
    if (const auto of = ids.find(rule.exception_of); of != ids.end()) suspended_[of->second] = true;
  }
  by_test_.resize(numbers.size());
  for (std::uint32_t i = 0; i < document.rules.size(); ++i) {
    const auto& rule = document.rules[i];
    // An observed rule, one that ends, and one with exceptions does not override always; a reroute lets pass
    // where it leads.
    const bool always = whole_[i] && !suspended_[i] && !rule.until && rule.mode != Mode::observe &&
                        rule.then != Effect::reroute && rule.then > Effect::redact;
    if (!always) continue;
    if (tests_[i].empty())
      always_.push_back(i);
    else
      by_test_[*std::ranges::min_element(tests_[i], {}, [&](auto test) { return uses[test]; })].push_back(i);
  }
}

bool Overriders::overrides(std::size_t strict, std::size_t index) const {
  return document_.rules[strict].then > document_.rules[index].then &&
         std::ranges::includes(tests_[index], tests_[strict]);
}

const Rule* Overriders::of(std::size_t index) {
  const auto& rule = document_.rules[index];
  // An exception suspends, whatever it says itself; what a redaction masks and what is observed counts beside
  // others.
  if (!rule.exception_of.empty() || rule.mode == Mode::observe) return nullptr;
  const auto look = [&](const std::vector<std::uint32_t>& candidates) -> const Rule* {
    for (const auto candidate : candidates) {
      if (budget_ == 0) return nullptr;
      --budget_;
      if (candidate != index && overrides(candidate, index)) return &document_.rules[candidate];
    }
    return nullptr;
  };
  if (const auto* found = look(always_)) return found;
  for (const auto test : tests_[index])
    if (const auto* found = look(by_test_[test])) return found;
  return nullptr;
}

}  // namespace ostiary::policy

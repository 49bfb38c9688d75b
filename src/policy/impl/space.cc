#include "policy/impl/space.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "policy/plain.h"
#include "policy/policy.h"

namespace ostiary::policy {

namespace {

using Kind = ValueClass::Kind;

constexpr std::size_t kMostPairs = 6;    // kinds of texts of which all pairs are made
constexpr std::size_t kMostLists = 512;  // that a fact is compared with
constexpr std::size_t kMostTexts = 5000;

struct Test {
  const Condition* condition = nullptr;
  const ValueList* list = nullptr;  // one_of, has_all, only
};

void collect(const Condition& c, const Document& document, std::map<std::uint8_t, std::vector<Test>>& into) {
  if (c.kind == Condition::Kind::test)
    into[c.fact].push_back({&c, c.op <= Operator::only ? &document.lists[c.list] : nullptr});
  for (const auto& part : c.parts) collect(part, document, into);
}

// A text that fits the pattern and no shorter one that a rule names.
std::string fitting(std::string_view glob) {
  std::string out;
  for (const char c : glob) out += c == '*' ? 'x' : c == '?' ? 'x' : c;
  return out;
}

// Which of the lists hold it: two texts of which that is the same are alike.
std::vector<bool> marks_of(const std::vector<const ValueList*>& lists, std::string_view text) {
  std::vector<bool> out;
  out.reserve(lists.size());
  for (const auto* list : lists) out.push_back(list->holds(text));
  return out;
}

// Texts of which each stands for those that all lists hold alike; what none holds comes first, where there is
// such.
struct Alike {
  std::map<std::vector<bool>, std::size_t> known;
  std::vector<std::vector<std::string>> groups;  // the first text of a group stands for it
  bool whole = true;
};

std::string outside_of(const FactSpec& spec, const std::vector<const ValueList*>& lists) {
  const auto none = [&](std::string_view text) {
    return std::ranges::none_of(lists, [&](const auto* list) { return list->holds(text); });
  };
  if (spec.name == "output.use" && none("internal")) return "internal";
  for (const auto allowed : spec.allowed)
    if (none(allowed)) return std::string(allowed);
  if (!spec.allowed.empty()) return {};
  for (const std::string_view text : {"anything-else", "something-else-again", "0", "~"})
    if (none(text)) return std::string(text);
  return {};
}

Alike alike_texts(const FactSpec& spec, const std::vector<const ValueList*>& lists) {
  Alike out;
  const auto add = [&](const std::string& text) {
    if (!spec.allowed.empty() && std::ranges::find(spec.allowed, text) == spec.allowed.end()) return;
    const auto [at, fresh] = out.known.emplace(marks_of(lists, text), out.groups.size());
    if (fresh && out.groups.size() >= kMostClasses - 2) {
      out.known.erase(at);
      out.whole = false;
      return;
    }
    if (fresh) out.groups.emplace_back();
    auto& group = out.groups[at->second];
    if (group.size() < kMostClasses && std::ranges::find(group, text) == group.end()) group.push_back(text);
  };
  std::set<std::string> texts;
  for (const auto* list : lists) {
    texts.insert(list->exact.begin(), list->exact.end());
    for (const auto& glob : list->globs) texts.insert(fitting(glob));
  }
  std::size_t count = 0;
  for (const auto& text : texts) {
    if (++count > kMostTexts) {
      out.whole = false;
      break;
    }
    add(text);
  }
  return out;
}

void add_words(Dimension& d, const FactSpec& spec) {
  const auto alike = alike_texts(spec, d.lists);
  d.whole &= alike.whole;
  const auto outside = outside_of(spec, d.lists);
  if (!outside.empty()) {
    ValueClass c{.kind = Kind::outside, .texts = {outside}};
    c.value = FactValue(outside);
    d.classes.push_back(std::move(c));
  }
  for (const auto& group : alike.groups) {
    ValueClass c{.kind = Kind::texts, .texts = group};
    c.value = FactValue(group.front());
    d.classes.push_back(std::move(c));
  }
}

void add_sets(Dimension& d, const FactSpec& spec, const std::vector<Test>& tests) {
  const auto alike = alike_texts(spec, d.lists);
  d.whole &= alike.whole;
  std::set<std::vector<std::string>> known;
  const auto add = [&](std::vector<std::string> texts, std::vector<std::string> shown,
                       Kind kind = Kind::texts) {
    std::ranges::sort(texts);
    texts.erase(std::ranges::unique(texts).begin(), texts.end());
    if (!known.insert(texts).second) return;
    if (d.classes.size() >= kMostClasses) {
      d.whole = false;
      return;
    }
    ValueClass c{.kind = kind, .texts = std::move(shown)};
    c.value = FactValue(std::move(texts));
    d.classes.push_back(std::move(c));
  };
  add({}, {});
  for (const auto& group : alike.groups) add({group.front()}, group);
  if (const auto outside = outside_of(spec, d.lists); !outside.empty())
    add({outside}, {outside}, Kind::outside);
  for (const auto& test : tests)
    if (test.condition->op != Operator::one_of && !test.list->exact.empty())
      add(test.list->exact, test.list->exact);
  if (alike.groups.size() > kMostPairs) return;
  for (std::size_t i = 0; i < alike.groups.size(); ++i)
    for (std::size_t j = i + 1; j < alike.groups.size(); ++j) {
      const std::vector<std::string> pair{alike.groups[i].front(), alike.groups[j].front()};
      add(pair, pair);
    }
}

FactValue value_at(const FactSpec& spec, std::int64_t number) {
  switch (spec.type) {
    case FactType::flag:
      return number != 0;
    case FactType::level:
      return std::string(spec.allowed[static_cast<std::size_t>(number)]);
    case FactType::moment:
      return rfc3339(number);
    default:
      return number;
  }
}

// Ranges between the numbers at which some test changes.
void add_numbers(Dimension& d, const FactSpec& spec, const std::vector<Test>& tests) {
  const bool time = spec.type == FactType::moment;
  const std::int64_t first = time ? INT64_MIN : 0;
  const std::int64_t last = spec.type == FactType::flag ? 1
                            : spec.type == FactType::level
                                ? static_cast<std::int64_t>(spec.allowed.size()) - 1
                                : INT64_MAX;
  std::set<std::int64_t> starts{first};
  const auto start = [&](std::int64_t n) {
    if (n > first && n <= last) starts.insert(n);
  };
  if (spec.type == FactType::flag) start(1);
  for (const auto& test : tests) {
    const auto n = test.condition->number;
    const auto next = n == INT64_MAX ? n : n + 1;
    switch (test.condition->op) {
      case Operator::at_least:
      case Operator::under:
        start(n);
        break;
      case Operator::at_most:
      case Operator::over:
        start(next);
        break;
      default:
        start(n), start(next);
    }
  }
  for (auto at = starts.begin(); at != starts.end(); ++at) {
    if (d.classes.size() >= kMostClasses) {
      d.whole = false;
      return;
    }
    const auto after = std::next(at);
    ValueClass c{
        .kind = Kind::range, .texts = {}, .least = *at, .most = after == starts.end() ? last : *after - 1};
    // Of a time without a beginning, a day before the end stands for it.
    c.value = value_at(spec, *at == INT64_MIN ? (c.most == INT64_MAX ? 0 : c.most - 86'399'999) : *at);
    d.classes.push_back(std::move(c));
  }
}

std::string range_words(const FactSpec& spec, const Dimension& d, const std::vector<std::size_t>& ranges) {
  // Neighbours are one range.
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < ranges.size();) {
    std::size_t j = i;
    while (j + 1 < ranges.size() && ranges[j + 1] == ranges[j] + 1) ++j;
    parts.push_back(lies_between(spec, d.classes[ranges[i]].least, d.classes[ranges[j]].most));
    i = j + 1;
  }
  return listed(parts, "or");
}

}  // namespace

void add_facts(const Condition& condition, std::set<std::uint8_t>& into) {
  if (condition.kind == Condition::Kind::test) into.insert(condition.fact);
  for (const auto& part : condition.parts) add_facts(part, into);
}

std::size_t Dimension::class_of(const FactValue* value) const {
  if (!value) return 0;
  const auto& spec = fact_table()[fact];
  const auto find = [&](auto&& fits) {
    for (std::size_t i = 1; i < classes.size(); ++i)
      if (fits(classes[i])) return i;
    return std::size_t{0};
  };
  const auto* word = std::get_if<std::string>(value);
  if (spec.type == FactType::word && word) {
    const auto marks = marks_of(lists, *word);
    return find(
        [&](const ValueClass& c) { return marks_of(lists, std::get<std::string>(*c.value)) == marks; });
  }
  if (const auto* words = std::get_if<std::vector<std::string>>(value)) {
    std::set<std::vector<bool>> marks;
    for (const auto& one : *words) marks.insert(marks_of(lists, one));
    return find([&](const ValueClass& c) {
      std::set<std::vector<bool>> other;
      for (const auto& one : std::get<std::vector<std::string>>(*c.value)) other.insert(marks_of(lists, one));
      return other == marks;
    });
  }
  std::optional<std::int64_t> number;
  if (const auto* flag = std::get_if<bool>(value)) number = *flag;
  if (const auto* count = std::get_if<std::int64_t>(value)) number = *count;
  if (spec.type == FactType::level && word)
    if (const auto at = std::ranges::find(spec.allowed, *word); at != spec.allowed.end())
      number = at - spec.allowed.begin();
  if (spec.type == FactType::moment && word) number = parse_moment(*word);
  if (!number) return 0;
  return find([&](const ValueClass& c) { return c.least <= *number && *number <= c.most; });
}

std::vector<Dimension> dimensions_of(const std::vector<const Document*>& documents,
                                     const std::set<std::uint8_t>& facts, const Named& named) {
  std::map<std::uint8_t, std::vector<Test>> tests;
  for (const auto* document : documents)
    for (const auto& rule : document->rules) collect(rule.when, *document, tests);
  std::vector<Dimension> out;
  for (const auto fact : facts) {
    const auto& spec = fact_table()[fact];
    Dimension d{.fact = fact, .classes = {ValueClass{}}, .whole = true, .lists = {}};
    const auto& of = tests[fact];
    for (const auto& test : of)
      if (test.list && std::ranges::find(d.lists, test.list) == d.lists.end()) {
        if (d.lists.size() < kMostLists)
          d.lists.push_back(test.list);
        else
          d.whole = false;
      }
    for (const auto& [of_fact, list] : named)
      if (of_fact == fact) d.lists.push_back(list);
    if (spec.type == FactType::word)
      add_words(d, spec);
    else if (spec.type == FactType::words)
      add_sets(d, spec, of);
    else
      add_numbers(d, spec, of);
    out.push_back(std::move(d));
  }
  return out;
}

std::string in_words(const Dimension& dimension, const std::vector<std::size_t>& classes) {
  const auto& spec = fact_table()[dimension.fact];
  if (classes.size() > 1 && classes.size() + 1 == dimension.classes.size() && classes.front() != 0)
    return fmt::format("{} is known, whatever it is", spec.name);
  std::vector<std::string> parts, texts, sets;
  std::vector<std::size_t> ranges;
  bool unknown = false, none = false, outside = false;
  for (const auto i : classes) {
    const auto& c = dimension.classes[i];
    switch (c.kind) {
      case ValueClass::Kind::unknown:
        unknown = true;
        break;
      case ValueClass::Kind::outside:
        outside = true;
        break;
      case ValueClass::Kind::range:
        ranges.push_back(i);
        break;
      case ValueClass::Kind::texts: {
        if (c.texts.empty()) {
          none = true;
          break;
        }
        const auto* words = c.value ? std::get_if<std::vector<std::string>>(&*c.value) : nullptr;
        if (words && words->size() > 1) {  // a set that is there as a whole
          std::vector<std::string> nouns;
          for (const auto& text : *words) nouns.push_back(noun(spec, text));
          sets.push_back(listed(nouns, "and"));
        } else {
          texts.insert(texts.end(), c.texts.begin(), c.texts.end());
        }
      }
    }
  }
  if (outside && spec.name == "data.partial")
    parts.emplace_back("part of it could not be read");
  else if (outside && spec.allowed.empty())
    texts.emplace_back("something that no rule names");
  if (outside && !spec.allowed.empty())
    for (const auto i : classes)
      if (dimension.classes[i].kind == ValueClass::Kind::outside)
        for (const auto allowed : spec.allowed)
          if (std::ranges::none_of(dimension.lists, [&](const auto* list) { return list->holds(allowed); }))
            texts.emplace_back(allowed);
  texts.insert(texts.end(), sets.begin(), sets.end());
  if (!texts.empty()) parts.push_back(has_texts(spec, texts));
  if (none) parts.push_back(has_texts(spec, {}));
  if (!ranges.empty()) parts.push_back(range_words(spec, dimension, ranges));
  if (parts.empty()) return is_unknown(spec);
  return listed(parts, "or") + (unknown ? " (or nobody knows)" : "");
}

}  // namespace ostiary::policy

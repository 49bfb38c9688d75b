// `when`: conditions as data.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "policy/impl/reader.h"
#include "policy/impl/values.h"

namespace ostiary::policy {

namespace {

struct Word {
  std::string_view name;
  Operator op;
  bool negative;
  bool numbers;  // for counts, bytes, levels; otherwise for texts
};

constexpr auto kWords = std::to_array<Word>({
    {"is", Operator::one_of, false, false},
    {"one-of", Operator::one_of, false, false},
    {"none-of", Operator::one_of, true, false},
    {"has-all", Operator::has_all, false, false},
    {"only", Operator::only, false, false},
    {"at-least", Operator::at_least, false, true},
    {"at-most", Operator::at_most, false, true},
    {"over", Operator::over, false, true},
    {"under", Operator::under, false, true},
    {"from", Operator::at_least, false, true},
    {"before", Operator::under, false, true},
});

bool has_order(FactType type) {
  return type == FactType::count || type == FactType::bytes || type == FactType::level ||
         type == FactType::moment;
}
bool has_texts(FactType type) {
  return type == FactType::word || type == FactType::words || type == FactType::level;
}

// The words that may test a fact.
std::vector<std::string_view> words_for(FactType type) {
  switch (type) {
    case FactType::flag:
      return {};
    case FactType::count:
    case FactType::bytes:
      return {"at-least", "at-most", "over", "under"};
    case FactType::level:
      return {"is", "one-of", "none-of", "at-least", "at-most", "over", "under"};
    case FactType::moment:
      return {"from", "before"};
    case FactType::word:
      return {"is", "one-of", "none-of", "in", "not-in"};
    case FactType::words:
      return {"is", "one-of", "none-of", "has-all", "only", "in", "not-in"};
  }
  return {};
}

Condition combined(Condition::Kind kind, std::vector<Condition> parts, Place place) {
  if (parts.size() == 1) return std::move(parts.front());
  Condition out;
  out.kind = kind;
  out.parts = std::move(parts);
  out.place = place;
  return out;
}

}  // namespace

Condition negated(Condition condition) {
  Condition out;
  out.kind = Condition::Kind::negation;
  out.place = condition.place;
  out.parts.push_back(std::move(condition));
  return out;
}

Condition BlockReader::condition(const yaml::Node& node, std::uint32_t depth) {
  Condition out;
  out.place = at(node);
  if (depth > r_.limits.max_depth) {
    error("limit", fmt::format("conditions are nested deeper than {} levels", r_.limits.max_depth), at(node));
    return out;
  }
  if (node.kind == Kind::scalar && node.scalar == "always") return out;
  if (node.kind != Kind::mapping || node.members.empty()) {
    error("wrong-type", "a condition is facts with values, such as 'data.classes: [secret]', or 'always'",
          at(node));
    return out;
  }
  std::vector<Condition> all;
  for (const auto& member : node.members) all.push_back(part(member, depth));
  return combined(Condition::Kind::all, std::move(all), at(node));
}

Condition BlockReader::part(const yaml::Member& member, std::uint32_t depth) {
  if (member.name == "any") return parts(member, Condition::Kind::any, depth);
  if (member.name == "all") return parts(member, Condition::Kind::all, depth);
  if (member.name == "not") return negated(condition(member.value, depth + 1));
  return fact(member);
}

Condition BlockReader::parts(const yaml::Member& member, Condition::Kind kind, std::uint32_t depth) {
  if (member.value.kind != Kind::sequence || member.value.items.empty()) {
    error("wrong-type", fmt::format("'{}' takes a list of conditions, each begun with '- '", member.name),
          at(member.value));
    return {};
  }
  std::vector<Condition> out;
  for (const auto& item : member.value.items) out.push_back(condition(item, depth + 1));
  return combined(kind, std::move(out), at(member));
}

Condition BlockReader::fact(const yaml::Member& member) {
  const auto index = fact_index(member.name);
  if (!index) {
    auto known = fact_names();
    known.insert(known.end(), {"any", "all", "not"});
    error("unknown-fact",
          fmt::format("there is no fact '{}'{}; 'ostiary policy facts' lists them", member.name,
                      meant(member.name, known)),
          at(member));
    return {};
  }
  if (member.value.kind != Kind::mapping) return plain(*index, member.value);
  std::vector<Condition> all;
  for (const auto& word : member.value.members) all.push_back(test(*index, word));
  if (all.empty())
    error("wrong-type", fmt::format("'{}' is not compared with anything", member.name), at(member));
  return all.empty() ? Condition{} : combined(Condition::Kind::all, std::move(all), at(member));
}

// A value or a list of them in place of a comparison.
Condition BlockReader::plain(std::uint8_t index, const yaml::Node& node) {
  if (has_texts(fact_table()[index].type)) return list_test(index, Operator::one_of, node);
  if (node.kind != Kind::sequence) return number_test(index, Operator::equal, node);
  if (node.items.empty())
    error("impossible", fmt::format("'{}' is none of an empty list", fact_table()[index].name), at(node));
  std::vector<Condition> any;
  for (const auto& item : node.items) any.push_back(number_test(index, Operator::equal, item));
  return any.empty() ? Condition{} : combined(Condition::Kind::any, std::move(any), at(node));
}

Condition BlockReader::test(std::uint8_t index, const yaml::Member& member) {
  const auto& spec = fact_table()[index];
  const auto fitting = words_for(spec.type);
  if (std::ranges::find(fitting, member.name) == fitting.end()) {
    error("wrong-type",
          fmt::format("'{}' is {}, which '{}' does not test{}; {}", spec.name, name(spec.type), member.name,
                      meant(member.name, fitting),
                      fitting.empty() ? std::string("write it with true or false")
                                      : fmt::format("there are: {}", fmt::join(fitting, ", "))),
          at(member));
    return {};
  }
  if (member.name == "in") return named_list(index, member.value);
  if (member.name == "not-in") return negated(named_list(index, member.value));
  const auto& word = *std::ranges::find(kWords, std::string_view(member.name), &Word::name);
  if (word.numbers && has_order(spec.type)) return number_test(index, word.op, member.value);
  auto out = list_test(index, word.op, member.value);
  return word.negative ? negated(std::move(out)) : out;
}

Condition BlockReader::number_test(std::uint8_t index, Operator op, const yaml::Node& node) {
  Condition out;
  out.place = at(node);
  const auto number = number_of(fact_table()[index], node);
  if (!number) {
    error("wrong-type", number.error().message, at(node));
    return out;
  }
  out.kind = Condition::Kind::test;
  out.fact = index;
  out.op = op;
  out.number = *number;
  return out;
}

Condition BlockReader::list_test(std::uint8_t index, Operator op, const yaml::Node& node) {
  Condition out;
  out.place = at(node);
  out.kind = Condition::Kind::test;
  out.fact = index;
  out.op = op;
  out.list = list_of(fact_table()[index], node);
  return out;
}

Condition BlockReader::named_list(std::uint8_t index, const yaml::Node& node) {
  Condition out;
  out.place = at(node);
  out.kind = Condition::Kind::test;
  out.fact = index;
  const auto found = r_.document.named_lists.find(node.scalar);
  if (node.kind == Kind::scalar && found != r_.document.named_lists.end()) {
    out.list = found->second;
    return out;
  }
  std::vector<std::string_view> known;
  for (const auto& [word, list] : r_.document.named_lists) known.emplace_back(word);
  const auto word = node.scalar.substr(0, 100);
  error("dead-reference",
        fmt::format("no policy-data block has a list '{}'{}", word,
                    known.size() < 1000 ? meant(word, known) : ""),
        at(node));
  return {};
}

// The list of texts that a test names, one for all that name the same.
std::uint32_t BlockReader::list_of(const FactSpec& spec, const yaml::Node& node) {
  std::vector<std::string> texts;
  const auto add = [&](const yaml::Node& item) {
    // A pattern is for any text; where only few words are allowed, one of them must fit.
    auto text = spec.allowed.empty() || !is_glob(item.scalar) ? text_of(spec, item)
                                                              : Result<std::string>(item.scalar);
    if (!text) return error("wrong-type", text.error().message, at(item));
    if (is_glob(*text) && text->size() > 200)
      return error("limit", "a pattern has at most 200 bytes", at(item));
    if (is_glob(*text) && !spec.allowed.empty()) {
      ValueList pattern;
      arrange(pattern, {*text});
      if (std::ranges::none_of(spec.allowed, [&](std::string_view word) { return pattern.holds(word); }))
        return error("impossible", fmt::format("no value of '{}' fits '{}'", spec.name, *text), at(item));
    }
    texts.push_back(std::move(*text));
  };
  if (node.kind == Kind::sequence)
    for (const auto& item : node.items) add(item);
  else
    add(node);
  if (node.kind == Kind::sequence && node.items.empty())
    error("impossible", fmt::format("'{}' is compared with an empty list", spec.name), at(node));
  ValueList list;
  list.place = at(node);
  arrange(list, std::move(texts));
  std::string key;
  for (const auto* part : {&list.exact, &list.globs})
    for (const auto& text : *part) key.append(text).push_back('\0');
  const auto [known, fresh] =
      r_.lists.emplace(std::move(key), static_cast<std::uint32_t>(r_.document.lists.size()));
  if (!fresh) return known->second;
  r_.values += list.exact.size() + list.globs.size();
  if (r_.values > r_.limits.max_values) {
    error("limit", fmt::format("all lists together have more than {} texts", r_.limits.max_values), at(node));
    list.exact.clear(), list.globs.clear();
  }
  r_.document.lists.push_back(std::move(list));
  return known->second;
}

}  // namespace ostiary::policy

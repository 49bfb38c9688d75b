// Blocks of data and of tests.

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "policy/impl/reader.h"
#include "policy/impl/values.h"

namespace ostiary::policy {

void BlockReader::data(std::string_view yaml) {
  const auto root = parse(yaml);
  if (!root || root->kind == Kind::null) return;
  if (root->kind != Kind::mapping)
    return error("form", "a policy-data block is names with lists, such as 'models:'", at(*root));
  for (const auto& section : root->members) {
    if (section.name == "desk") continue;  // desk()
    const bool lists = section.name == "groups" || section.name == "tools" || section.name == "models" ||
                       section.name == "destinations";
    const bool assumes = section.name == "assumed";
    if (!lists && !assumes && section.name != "answer-targets" && section.name != "review") {
      unknown(section,
              {"groups", "tools", "models", "destinations", "assumed", "answer-targets", "desk", "review"},
              "policy-data");
      continue;
    }
    if (section.value.kind != Kind::mapping) {
      error("wrong-type",
            fmt::format("'{}' takes names with values, such as 'approved: [a, b]'", section.name),
            at(section.value));
      continue;
    }
    for (const auto& member : section.value.members) {
      if (lists)
        list(section.name, member);
      else if (assumes)
        assumed(member);
      else if (section.name == "review")
        review(member);
      else
        answer_target(member);
    }
  }
}

void BlockReader::list(std::string_view section, const yaml::Member& member) {
  auto& d = r_.document;
  if (!is_name(member.name))
    return error("wrong-value", "a name is 1 to 100 letters, digits, '-', '_' and '.'", at(member));
  if (const auto known = d.named_lists.find(member.name); known != d.named_lists.end())
    return error("duplicate-id",
                 fmt::format("a list '{}' stands in line {} already; choose another name", member.name,
                             d.lists[known->second].place.line),
                 at(member));
  ValueList list;
  list.name = member.name;
  list.section = section;
  list.place = at(member);
  arrange(list, texts(member));
  if (std::ranges::any_of(list.globs, [](const std::string& glob) { return glob.size() > 200; }))
    error("limit", "a pattern has at most 200 bytes", at(member));
  if (r_.values > r_.limits.max_values)
    return error("limit", fmt::format("all lists together have more than {} texts", r_.limits.max_values),
                 at(member));
  d.named_lists.emplace(member.name, static_cast<std::uint32_t>(d.lists.size()));
  d.lists.push_back(std::move(list));
}

void BlockReader::assumed(const yaml::Member& member) {
  const auto value = fact_value(member);
  if (!value) return;
  auto& assumed = r_.document.assumed;
  if (assumed.find(member.name))
    return error("duplicate-id", fmt::format("'{}' is assumed twice", member.name), at(member));
  if (!fact_table()[*fact_index(member.name)].may_be_assumed) {
    std::vector<std::string_view> may;
    for (const auto& spec : fact_table())
      if (spec.may_be_assumed) may.push_back(spec.name);
    return error("wrong-value",
                 fmt::format("'{}' must be known and cannot be assumed; what can is {}", member.name,
                             fmt::join(may, ", ")),
                 at(member));
  }
  assumed.set(member.name, *value, "document");
}

void BlockReader::answer_target(const yaml::Member& member) {
  if (member.value.kind != Kind::mapping)
    return error("wrong-type", "an answer target is 'first-answer: 4h' and 'decision: 2d'", at(member.value));
  AnswerTarget target{.lane = member.name, .place = at(member)};
  for (const auto& part : member.value.members) {
    auto* into = part.name == "first-answer" ? &target.first_answer_ms
                 : part.name == "decision"   ? &target.decision_ms
                                             : nullptr;
    if (!into) {
      unknown(part, {"first-answer", "decision"}, "an answer target");
      continue;
    }
    duration(*into, part);
  }
  r_.document.answer_targets.push_back(std::move(target));
}

void BlockReader::duration(std::uint64_t& into, const yaml::Member& member) {
  const auto ms = text::parse_duration_ms(text(member));
  if (ms)
    into = *ms;
  else
    error("wrong-value", fmt::format("'{}' must be a duration, such as 4h or 2d", member.name),
          at(member.value));
}

void BlockReader::review(const yaml::Member& member) {
  auto& review = r_.document.review;
  if (member.name == "before")
    duration(review.before_ms, member);
  else if (member.name == "exceptions-before")
    duration(review.exceptions_before_ms, member);
  else if (member.name == "rule-fired")
    often(review.rule_fired, member);
  else if (member.name == "question-asked")
    often(review.question_asked, member);
  else
    unknown(member, {"before", "exceptions-before", "rule-fired", "question-asked"}, "'review'");
}

void BlockReader::often(std::optional<Review::Often>& into, const yaml::Member& member) {
  if (member.value.kind != Kind::mapping)
    return error("wrong-type", fmt::format("'{}' is 'more-than: 100' and 'within: 7d'", member.name),
                 at(member.value));
  Review::Often often;
  for (const auto& part : member.value.members) {
    if (part.name == "within") {
      duration(often.within_ms, part);
    } else if (part.name == "more-than") {
      const auto count = text::parse_uint(text(part));
      if (count)
        often.more_than = *count;
      else
        error("wrong-value", "'more-than' must be a whole number", at(part.value));
    } else {
      unknown(part, {"more-than", "within"}, fmt::format("'{}'", member.name));
    }
  }
  for (const std::string_view needed : {"more-than", "within"})
    if (!member.value.find(needed))
      error("missing-name", fmt::format("'{}' has no '{}'", member.name, needed), at(member));
  into = often;
}

void BlockReader::cases(std::string_view yaml) {
  const auto root = parse(yaml);
  if (!root) return;
  for (const auto* node : mappings(*root, "test")) {
    if (r_.document.cases.size() >= r_.limits.max_cases)
      return error("limit", fmt::format("more than {} tests", r_.limits.max_cases), at(*node));
    a_case(*node);
  }
}

void BlockReader::a_case(const yaml::Node& node) {
  Case test;
  test.place = at(node);
  test.clause = clause_;
  for (const auto& member : node.members) case_member(test, member);
  for (const std::string_view needed : {"name", "expect"})
    if (!node.find(needed))
      error("missing-name",
            needed == "name"
                ? "the test has no 'name'; say in it what must hold"
                : "the test has no 'expect'; write the effect that is enforced, such as 'expect: deny'",
            at(node));
  r_.document.cases.push_back(std::move(test));
}

void BlockReader::case_member(Case& test, const yaml::Member& member) {
  const auto& name = member.name;
  if (name == "name") {
    test.name = text(member);
    test.place = at(member.value);
  } else if (name == "given") {
    given(test, member);
  } else if (name == "expect") {
    if (const auto value = effect(member)) test.expect = *value;
  } else if (name == "would") {
    test.would = effect(member);
  } else if (name == "by") {
    test.by = texts(member);
    test.by_place = at(member.value);
  } else if (name == "redact") {
    test.redact = texts(member);
  } else if (name == "missing") {
    test.missing = texts(member);
  } else if (name == "to") {
    test.to = text(member);
  } else {
    unknown(member, {"name", "given", "expect", "would", "by", "redact", "missing", "to"}, "a test");
  }
}

void BlockReader::given(Case& test, const yaml::Member& member) {
  if (member.value.kind == Kind::null) return;
  if (member.value.kind != Kind::mapping)
    return error("wrong-type", "'given' takes facts with values, such as 'data.classes: [secret]'",
                 at(member.value));
  for (const auto& one : member.value.members)
    if (auto value = fact_value(one)) test.given.set(one.name, std::move(*value), "test");
}

std::optional<FactValue> BlockReader::fact_value(const yaml::Member& member) {
  const auto index = fact_index(member.name);
  if (!index) {
    error("unknown-fact",
          fmt::format("there is no fact '{}'{}", member.name, meant(member.name, fact_names())), at(member));
    return std::nullopt;
  }
  auto value = value_of(fact_table()[*index], member.value);
  if (value) return std::move(*value);
  error("wrong-type", value.error().message, at(member.value));
  return std::nullopt;
}

}  // namespace ostiary::policy

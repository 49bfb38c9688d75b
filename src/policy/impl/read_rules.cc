// Blocks of rules.

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "policy/impl/reader.h"
#include "policy/impl/values.h"
#include "policy/obligations.h"

namespace ostiary::policy {

void BlockReader::rules(std::string_view yaml) {
  const auto root = parse(yaml);
  if (!root) return;
  for (const auto* node : mappings(*root, "rule")) {
    if (r_.document.rules.size() >= r_.limits.max_rules) {
      error("limit", fmt::format("more than {} rules", r_.limits.max_rules), at(*node));
      return;
    }
    rule(*node);
  }
}

void BlockReader::rule(const yaml::Node& node) {
  Rule rule;
  rule.place = at(node);
  rule.clause = clause_;
  for (const auto& member : node.members) rule_member(rule, member);
  rule_whole(rule, node);
  r_.document.rules.push_back(std::move(rule));
}

void BlockReader::rule_member(Rule& rule, const yaml::Member& member) {
  const auto& name = member.name;
  if (name == "id") {
    rule.id = text(member);
    rule.place = at(member.value);
    if (!is_name(rule.id) || rule.id == "default")
      error(
          "wrong-value",
          "an id is 1 to 100 letters, digits, '-', '_' and '.'; 'default' is the name of the default stance",
          at(member.value));
  } else if (name == "when") {
    rule.when_place = at(member.value);
    rule.when = condition(member.value, 1);
  } else if (name == "then") {
    if (const auto then = effect(member)) rule.then = *then;
  } else if (name == "mode") {
    rule.mode = mode(member);
  } else if (name == "because") {
    rule.because = text(member);
  } else if (name == "instead") {
    rule.instead = text(member);
  } else if (name == "to") {
    rule.to = text(member);
    rule.to_place = at(member.value);
  } else if (name == "redact") {
    rule.redact = texts(member);
  } else if (name == "obligations") {
    obligations(rule, member);
  } else if (name == "until") {
    until(rule, member);
  } else if (name == "exception-of") {
    rule.exception_of = text(member);
    rule.exception_place = at(member.value);
  } else {
    unknown(member,
            {"id", "when", "then", "mode", "because", "instead", "to", "redact", "obligations", "until",
             "exception-of"},
            "a rule");
  }
}

void BlockReader::until(Rule& rule, const yaml::Member& member) {
  constexpr WallMs kDay = 86'400'000;
  rule.until_text = text(member);
  rule.until_place = at(member.value);
  const auto moment = parse_moment(rule.until_text);
  if (!moment)
    return error("wrong-value",
                 "'until' must be a date (its whole day counts, UTC) or a time, YYYY-MM-DDThh:mm:ssZ",
                 at(member.value));
  rule.until = rule.until_text.size() == 10 ? *moment + kDay : *moment;
}

void BlockReader::obligations(Rule& rule, const yaml::Member& member) {
  const auto add = [&](const std::string& name, std::string value, Place place) {
    const auto* spec = find_obligation(name);
    if (!spec) {
      std::vector<std::string_view> known;
      for (const auto& o : obligation_table()) known.push_back(o.name);
      error("unknown-obligation",
            fmt::format("there is no obligation '{}'{}; there are: {}", name, meant(name, known),
                        fmt::join(known, ", ")),
            place);
    } else if (const auto wrong = wrong_value(*spec, value)) {
      error(spec->takes.empty() == value.empty() ? "wrong-value" : "wrong-type",
            fmt::format("'{}' {}", name, *wrong), place);
    }
    rule.obligations.push_back({name, std::move(value), place});
  };
  const auto item = [&](const yaml::Node& node) {
    if (node.kind == Kind::scalar) return add(node.scalar, "", at(node));
    if (node.kind == Kind::mapping && node.members.size() == 1) {
      const auto& only = node.members.front();
      return add(only.name, text(only), at(only));
    }
    error("wrong-type", "an obligation is a word or 'word: value'", at(node));
  };
  if (member.value.kind != Kind::sequence) return item(member.value);
  for (const auto& node : member.value.items) item(node);
}

void BlockReader::rule_whole(const Rule& rule, const yaml::Node& node) {
  const auto needs = [&](std::string_view name, std::string_view example) {
    if (!node.find(name))
      error("missing-name", fmt::format("the rule has no '{}'; write for instance '{}'", name, example),
            rule.place);
  };
  needs("id", "id: no-secrets");
  needs("when", "when: always");
  needs("then", "then: deny");
  const auto only = [&](std::string_view name, Effect then, bool there) {
    if (rule.then == then && !there)
      error("missing-name",
            fmt::format("a rule with 'then: {}' needs '{}: {}'", policy::name(then), name,
                        then == Effect::redact ? "[personal]" : "SERVICE"),
            rule.place);
    else if (rule.then != then && there)
      error("wrong-value", fmt::format("'{}' is only for 'then: {}'", name, policy::name(then)), rule.place);
  };
  if (node.find("then")) {
    only("to", Effect::reroute, !rule.to.empty());
    only("redact", Effect::redact, !rule.redact.empty());
  }
  for (const auto& obligation : rule.obligations)
    if (obligation.name == "expire" && rule.then != Effect::ask && node.find("then"))
      error("wrong-value", "'expire' is only for 'then: ask', of which it ends the approvals; use 'until'",
            obligation.place);
  if (!rule.exception_of.empty() && !rule.until && !node.find("until"))
    error("missing-name", "an exception must end; write 'until: YYYY-MM-DD', its last day",
          rule.exception_place);
}

}  // namespace ostiary::policy

// Conditions in words.

#include <fmt/format.h>

#include "base/text.h"
#include "policy/document.h"
#include "policy/fact_table.h"

namespace ostiary::policy {

namespace {

constexpr std::size_t kShown = 8;  // texts of a list

std::string list_in_words(const ValueList& list) {
  if (!list.name.empty()) return fmt::format("the list '{}'", list.name);
  std::string out;
  std::size_t count = 0;
  for (const auto* part : {&list.exact, &list.globs})
    for (const auto& text : *part) {
      if (++count > kShown) continue;
      out += fmt::format("{}{}", out.empty() ? "" : ", ", text);
    }
  if (count > kShown) out += fmt::format(" and {} more", count - kShown);
  return out;
}

std::string number_in_words(const FactSpec& spec, std::int64_t number) {
  switch (spec.type) {
    case FactType::flag:
      return number ? "true" : "false";
    case FactType::bytes:
      return text::format_bytes(static_cast<std::uint64_t>(number));
    case FactType::level:
      return std::string(spec.allowed[static_cast<std::size_t>(number)]);
    case FactType::moment:
      return rfc3339(number);
    default:
      return std::to_string(number);
  }
}

std::string test_in_words(const Condition& c, const Document& document, bool negative) {
  const auto& spec = fact_table()[c.fact];
  const std::string_view no = negative ? "not " : "";
  const auto number = [&](std::string_view word) {
    return fmt::format("{} is {}{}{}", spec.name, no, word, number_in_words(spec, c.number));
  };
  switch (c.op) {
    case Operator::equal:
      return number("");
    case Operator::at_least:
      return number("at least ");
    case Operator::at_most:
      return number("at most ");
    case Operator::over:
      return number("over ");
    case Operator::under:
      return number("under ");
    case Operator::one_of:
    case Operator::has_all:
    case Operator::only:
      break;
  }
  const auto& list = document.lists[c.list];
  const bool one = list.name.empty() && list.exact.size() + list.globs.size() == 1;
  const auto texts = list_in_words(list);
  const std::string_view holds = negative ? "does not hold" : "holds";
  if (c.op == Operator::only) return fmt::format("{} {} only {}", spec.name, holds, texts);
  if (c.op == Operator::has_all) return fmt::format("{} {} all of {}", spec.name, holds, texts);
  if (spec.type == FactType::words)
    return fmt::format("{} {} {}{}", spec.name, holds, one ? "" : "any of ", texts);
  return fmt::format("{} is {}{}{}", spec.name, no, one ? "" : "one of ", texts);
}

std::string joined(const Condition& c, const Document& document, std::string_view word) {
  std::string out;
  for (const auto& part : c.parts) {
    const bool nested = part.kind == Condition::Kind::all || part.kind == Condition::Kind::any;
    out += fmt::format("{}{}{}{}", out.empty() ? "" : fmt::format(" {} ", word), nested ? "(" : "",
                       in_words(part, document), nested ? ")" : "");
  }
  return out;
}

}  // namespace

std::string in_words(const Condition& c, const Document& document) {
  switch (c.kind) {
    case Condition::Kind::always:
      return "always";
    case Condition::Kind::test:
      return test_in_words(c, document, false);
    case Condition::Kind::all:
      return joined(c, document, "and");
    case Condition::Kind::any:
      return joined(c, document, "or");
    case Condition::Kind::negation:
      if (c.parts.front().kind == Condition::Kind::test)
        return test_in_words(c.parts.front(), document, true);
      return fmt::format("not ({})", in_words(c.parts.front(), document));
  }
  return {};
}

}  // namespace ostiary::policy

#include "policy/plain.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/text.h"

namespace ostiary::policy {

namespace {

// How a fact is told. `is` and `is_not` stand before its values; of numbers `is` stands before the comparison
// and `unit` behind it.
struct Phrase {
  std::string_view fact, is, is_not, unit, none;
};

constexpr auto kPhrases = std::to_array<Phrase>({
    {"agent.tools", "the model is offered", "the model is not offered", "", "the model is offered no tools"},
    {"data.attachments", "it has", "", "attachments", ""},
    {"data.bytes", "it is", "", "in size", ""},
    {"data.classes", "it holds", "it does not hold", "", "it holds no kind of data that was looked for"},
    {"data.confidence", "the surest finding in it is of", "", "confidence", ""},
    {"data.findings", "in it was found", "in it was not found", "", "nothing was found in it"},
    {"data.language", "it holds code in", "it holds no code in", "", "it holds no code"},
    {"data.lines", "it has", "", "lines", ""},
    {"data.partial", "what could not be read of it is", "what could not be read of it is not", "",
     "all of it could be read"},
    {"data.tokens", "it has", "", "tokens", ""},
    {"output.project", "the output goes to the project", "the output does not go to the project", "", ""},
    {"output.use", "the output", "it is not so that the output", "", ""},
    {"purpose", "it is for", "it is not for", "", ""},
    {"subject.id", "who asks is", "who asks is not", "", ""},
    {"subject.key", "it comes with the key", "it does not come with the key", "", ""},
    {"subject.role", "who asks has the role", "who asks does not have the role", "", ""},
    {"subject.team", "who asks is in the team", "who asks is not in the team", "", ""},
    {"target.endpoint", "it asks for", "it does not ask for", "", ""},
    {"target.hosting", "it goes to", "it does not go to", "", ""},
    {"target.model", "it goes to the model", "it does not go to the model", "", ""},
    {"target.model_licence", "the model's licence is", "the model's licence is not", "", ""},
    {"target.model_licence_category", "the model's licence is", "the model's licence is not", "", ""},
    {"target.provider", "it goes to the provider", "it does not go to the provider", "", ""},
    {"target.region", "it is computed in", "it is not computed in", "", ""},
    {"target.service", "it goes to the service", "it does not go to the service", "", ""},
    {"target.surface", "it goes through", "it does not go through", "", ""},
    {"target.terms.retention_days", "the provider keeps what is sent for", "", "days", ""},
    {"time.hour", "the hour of the day (UTC) is", "", "", ""},
    {"time.now", "it is", "", "", ""},
    {"time.weekday", "the day is", "the day is not", "", ""},
    {"tool", "it comes from the tool", "it does not come from the tool", "", ""},
});

// What a flag says when it is set, and when not.
struct Flag {
  std::string_view fact, yes, no;
};
constexpr auto kFlags = std::to_array<Flag>({
    {"agent.unattended", "an agent acts with nobody watching", "a person watches what is done"},
    {"target.terms.dpa", "a data processing agreement is in force",
     "no data processing agreement is in force"},
    {"target.terms.human_review", "people at the provider may read what is sent",
     "nobody at the provider may read what is sent"},
    {"target.terms.indemnity", "the provider answers for claims against the output",
     "the provider does not answer for claims against the output"},
    {"target.terms.reviewed", "a named person has reviewed the provider's terms",
     "nobody has reviewed the provider's terms"},
    {"target.terms.trains", "the provider may train on what is sent",
     "the provider may not train on what is sent"},
});

struct Noun {
  std::string_view fact, text, noun;
};
constexpr auto kNouns = std::to_array<Noun>({
    {"data.classes", "classified", "what a state classified"},
    {"data.classes", "code", "code"},
    {"data.classes", "confidential", "confidential data"},
    {"data.classes", "customer", "data of customers"},
    {"data.classes", "customer-code", "code of customers"},
    {"data.classes", "customer-data", "data of customers"},
    {"data.classes", "export-controlled", "what is under export control"},
    {"data.classes", "internal", "internal data"},
    {"data.classes", "opaque", "what cannot be read"},
    {"data.classes", "own-code", "our own code"},
    {"data.classes", "personal", "personal data"},
    {"data.classes", "public", "public data"},
    {"data.classes", "secret", "a secret"},
    {"data.classes", "special-category", "personal data of special categories"},
    {"data.classes", "third-party-code", "other people's code"},
    {"output.use", "customer", "goes to a customer"},
    {"output.use", "internal", "stays in the house"},
    {"output.use", "shipped", "is shipped"},
    {"output.use", "train-model", "trains a model"},
    {"output.use", "upstream", "is contributed to another project"},
    {"target.hosting", "cloud", "machines of a cloud"},
    {"target.hosting", "own", "our own machines"},
    {"target.hosting", "provider", "machines of the provider"},
    {"target.surface", "api", "an API"},
    {"target.surface", "api-free", "a free API"},
    {"target.surface", "consumer", "a consumer account"},
    {"target.surface", "enterprise", "an enterprise account"},
    {"target.surface", "self-hosted", "a service that we host"},
    {"target.surface", "team", "a team account"},
    {"target.surface", "via-cloud", "a cloud's API"},
});

const Phrase* phrase_of(std::string_view fact) {
  const auto* at = std::ranges::find(kPhrases, fact, &Phrase::fact);
  return at == kPhrases.end() ? nullptr : at;
}

std::string number_text(const FactSpec& spec, std::int64_t number) {
  switch (spec.type) {
    case FactType::bytes:
      return text::format_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)));
    case FactType::level:
      return std::string(spec.allowed[static_cast<std::size_t>(
          std::clamp<std::int64_t>(number, 0, static_cast<std::int64_t>(spec.allowed.size()) - 1))]);
    case FactType::moment: {
      const auto text = rfc3339(number);
      return text.ends_with("T00:00:00.000Z") ? text.substr(0, 10) : text;
    }
    default:
      return std::to_string(number);
  }
}

// Of two ways to say where a range begins or ends, the one with the rounder number.
std::string bytes_from(std::int64_t least) {
  const bool over = least % 1024 != 0 && (least - 1) % 1024 == 0;
  return fmt::format("{} {}", over ? "over" : "at least",
                     text::format_bytes(static_cast<std::uint64_t>(over ? least - 1 : least)));
}
std::string bytes_to(std::int64_t most) {
  const bool under = most % 1024 != 0 && (most + 1) % 1024 == 0;
  return fmt::format("{} {}", under ? "under" : "at most",
                     text::format_bytes(static_cast<std::uint64_t>(under ? most + 1 : most)));
}

std::string flag_text(const FactSpec& spec, bool value) {
  for (const auto& flag : kFlags)
    if (flag.fact == spec.name) return std::string(value ? flag.yes : flag.no);
  return fmt::format("it is {}so that {}", value ? "" : "not ", spec.meaning);
}

std::string compared(const FactSpec& spec, std::string_view comparison) {
  const auto* phrase = phrase_of(spec.name);
  if (!phrase) return fmt::format("{} is {}", spec.name, comparison);
  return fmt::format("{} {}{}{}", phrase->is, comparison, phrase->unit.empty() ? "" : " ", phrase->unit);
}

std::string number_test(const Condition& c, bool negative) {
  const auto& spec = fact_table()[c.fact];
  auto op = c.op;
  if (negative) switch (op) {
      case Operator::at_least:
        op = Operator::under;
        break;
      case Operator::under:
        op = Operator::at_least;
        break;
      case Operator::at_most:
        op = Operator::over;
        break;
      case Operator::over:
        op = Operator::at_most;
        break;
      default:
        break;
    }
  const auto number = number_text(spec, c.number);
  const bool time = spec.type == FactType::moment;
  switch (op) {
    case Operator::at_least:
      return compared(spec, (time ? "from " : "at least ") + number + (time ? " on" : ""));
    case Operator::at_most:
      return compared(spec, (time ? "until " : "at most ") + number);
    case Operator::over:
      return compared(spec, (time ? "after " : "over ") + number);
    case Operator::under:
      return compared(spec, (time ? "before " : "under ") + number);
    default:
      break;
  }
  if (spec.type == FactType::flag) return flag_text(spec, (c.number != 0) != negative);
  return compared(spec, (negative ? "not " : "") + number);
}

// That a fact's value is one of a list's that has a name, which follows.
std::string of_list(const FactSpec& spec, bool negative, const std::string& begin) {
  constexpr std::pair<std::string_view, std::string_view> kThings[] = {
      {"subject.team", "who asks {} in a team"},
      {"target.model", "it {} to a model"},
      {"target.provider", "it {} to a provider"},
      {"target.service", "it {} to a service"},
      {"tool", "it {} from a tool"},
  };
  for (const auto& [fact, words] : kThings) {
    if (fact != spec.name) continue;
    const std::string_view verb = fact == "subject.team" ? (negative ? "is not" : "is")
                                  : fact == "tool"       ? (negative ? "does not come" : "comes")
                                                         : (negative ? "does not go" : "goes");
    return fmt::format(fmt::runtime(words), verb) + " of the list";
  }
  return begin + " one of the list";
}

std::string list_test(const Condition& c, const Document& document, bool negative) {
  const auto& spec = fact_table()[c.fact];
  const auto& list = document.lists[c.list];
  const auto* phrase = phrase_of(spec.name);
  const auto begin = phrase ? std::string(negative ? phrase->is_not : phrase->is)
                            : fmt::format("{} is{}", spec.name, negative ? " not" : "");
  if (!list.name.empty() && c.op == Operator::one_of)
    return of_list(spec, negative, begin) + fmt::format(" '{}'", list.name);
  std::vector<std::string> nouns;
  if (list.name.empty())
    for (const auto* part : {&list.exact, &list.globs})
      for (const auto& text : *part) nouns.push_back(noun(spec, text));
  else
    nouns.push_back(fmt::format("'{}'", list.name));
  if (c.op == Operator::only)
    return fmt::format("{} {} {}", phrase ? std::string(phrase->is) : std::string(spec.name),
                       negative ? "something besides" : "nothing but",
                       listed(nouns, negative ? "or" : "and"));
  const bool all = c.op == Operator::has_all;
  return fmt::format("{} {}", begin, listed(nouns, all && !negative ? "and" : "or"));
}

std::vector<std::string> clauses_of(const Condition& c, const Document& document, bool negative);

std::string clause_of(const Condition& c, const Document& document, bool negative) {
  switch (c.kind) {
    case Condition::Kind::always:
      return negative ? "never" : "always";
    case Condition::Kind::test:
      return c.op <= Operator::only ? list_test(c, document, negative) : number_test(c, negative);
    case Condition::Kind::negation:
      return clause_of(c.parts.front(), document, !negative);
    case Condition::Kind::all:
    case Condition::Kind::any: {
      const bool both = (c.kind == Condition::Kind::all) != negative;
      const auto parts = clauses_of(c, document, negative);
      std::string out;
      for (std::size_t i = 0; i < parts.size(); ++i)
        out += fmt::format(
            "{}{}",
            i == 0 ? (parts.size() > 1 ? (both ? "both " : "either ") : "") : (both ? ", and " : ", or "),
            parts[i]);
      return out;
    }
  }
  return {};
}

std::vector<std::string> clauses_of(const Condition& c, const Document& document, bool negative) {
  std::vector<std::string> out;
  for (const auto& part : c.parts) out.push_back(clause_of(part, document, negative));
  return out;
}

std::string masked(const Rule& rule) {
  std::vector<std::string> nouns;
  const auto& spec = fact_table()[*fact_index("data.classes")];
  for (const auto& text : rule.redact) nouns.push_back(noun(spec, text));
  return fmt::format("it passes with {} masked", listed(nouns, "and"));
}

std::string outcome(const Rule& rule) {
  switch (rule.then) {
    case Effect::allow:
      return "it is allowed";
    case Effect::redact:
      return masked(rule);
    case Effect::reroute:
      return fmt::format("it goes to the service {} instead", rule.to);
    case Effect::ask:
      return "a person decides first";
    case Effect::deny:
      return "it is refused";
  }
  return {};
}

}  // namespace

std::string_view participle(Effect effect) {
  switch (effect) {
    case Effect::allow:
      return "allowed";
    case Effect::redact:
      return "masked";
    case Effect::reroute:
      return "sent elsewhere";
    case Effect::ask:
      return "asked about";
    case Effect::deny:
      return "refused";
  }
  return "refused";
}

std::string listed(const std::vector<std::string>& texts, std::string_view word, std::size_t most) {
  std::string out;
  const auto shown = texts.size() > most ? most : texts.size();
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == shown && shown == texts.size();
    out += i == 0 ? "" : last ? fmt::format(" {} ", word) : ", ";
    out += texts[i];
  }
  if (shown < texts.size()) out += fmt::format(" {} {} more", word, texts.size() - shown);
  return out;
}

std::string noun(const FactSpec& spec, std::string_view text) {
  for (const auto& one : kNouns)
    if (one.fact == spec.name && one.text == text) return std::string(one.noun);
  return std::string(text);
}

std::string has_texts(const FactSpec& spec, const std::vector<std::string>& texts, bool negative) {
  const auto* phrase = phrase_of(spec.name);
  if (texts.empty() && phrase && !phrase->none.empty()) return std::string(phrase->none);
  std::vector<std::string> nouns;
  for (const auto& text : texts) nouns.push_back(noun(spec, text));
  return fmt::format("{} {}", phrase ? (negative ? phrase->is_not : phrase->is) : spec.name,
                     texts.empty() ? "nothing" : listed(nouns, "or"));
}

std::string lies_between(const FactSpec& spec, std::int64_t least, std::int64_t most) {
  if (spec.type == FactType::flag) return flag_text(spec, least != 0);
  const bool time = spec.type == FactType::moment;
  const bool low = least == INT64_MIN || (!time && least <= 0), high = most == INT64_MAX;
  const auto a = number_text(spec, low ? 0 : least), b = number_text(spec, high ? 0 : most);
  if (spec.type == FactType::bytes && !low && !high && least != most)
    return compared(spec, fmt::format("{} and {}", bytes_from(least), bytes_to(most)));
  if (spec.type == FactType::bytes && low && !high) return compared(spec, bytes_to(most));
  if (spec.type == FactType::bytes && high && !low) return compared(spec, bytes_from(least));
  if (low && high) return compared(spec, "anything");
  if (low) return compared(spec, time ? "before " + number_text(spec, most + 1) : "at most " + b);
  if (high) return compared(spec, time ? a + " or later" : "at least " + a);
  if (least == most) return compared(spec, a);
  return compared(spec, fmt::format("between {} and {}", a, b));
}

std::string is_value(const FactSpec& spec, const FactValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return lies_between(spec, *flag ? 1 : 0, *flag ? 1 : 0);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return lies_between(spec, *number, *number);
  if (const auto* words = std::get_if<std::vector<std::string>>(&value)) return has_texts(spec, *words);
  if (const auto* word = std::get_if<std::string>(&value)) return has_texts(spec, {*word});
  return std::string(spec.name);
}

std::string is_unknown(const FactSpec& spec) {
  return fmt::format("nobody knows {}", spec.name);
}

std::string joined_clauses(const std::vector<std::string>& clauses, std::string_view word) {
  std::string out;
  for (const auto& clause : clauses) {
    if (!out.empty()) out += fmt::format(", {} ", word);
    out += clause;
  }
  const std::string_view either = out.starts_with("either ") ? "either "
                                  : out.starts_with("both ") ? "both "
                                                             : "";
  if (std::string_view(out).substr(either.size()).starts_with("it "))
    out = fmt::format("{}the request {}", either, std::string_view(out).substr(either.size() + 3));
  return out;
}

std::string in_plain_words(const Condition& c, const Document& document) {
  if (c.kind == Condition::Kind::all) return joined_clauses(clauses_of(c, document, false), "and");
  return joined_clauses({clause_of(c, document, false)}, "and");
}

std::string in_plain_words(const Rule& rule, const Document& document) {
  const auto when = in_plain_words(rule.when, document);
  const bool always = rule.when.kind == Condition::Kind::always;
  std::string out;
  if (!rule.exception_of.empty())
    out = fmt::format("{}, the rule {} does not hold, and {}",
                      always ? "Whatever the request" : "When " + when, rule.exception_of, outcome(rule));
  else if (always)
    out = fmt::format("Whatever the request, {}", outcome(rule));
  else
    out = fmt::format("When {}, {}", when, outcome(rule));
  if (!rule.until_text.empty()) out += fmt::format(", until {}", rule.until_text);
  out += '.';
  if (rule.mode == Mode::observe) out += " For now this is only written down, and nothing is stopped.";
  if (rule.mode == Mode::enforce) out += " This holds also where the rest is only observed.";
  if (!rule.obligations.empty()) {
    std::vector<std::string> texts;
    for (const auto& obligation : rule.obligations) texts.push_back(obligation.text());
    out += fmt::format(" The gate also has to do this: {}.", listed(texts, "and", 20));
  }
  return out;
}

}  // namespace ostiary::policy

#include "desk/proposal.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "json/writer.h"
#include "policy/check.h"
#include "policy/fact_table.h"
#include "policy/policy.h"

namespace ostiary::desk {

namespace {

constexpr WallMs kExceptionMs = 180LL * 86'400'000;
constexpr std::size_t kContext = 3, kMostExceptions = 10;

// Facts that a rule made from a question is for.
constexpr std::string_view kSubjectOfRule[] = {
    "agent.unattended", "data.classes", "output.project", "output.reversible", "output.use",
    "purpose",          "target.model", "target.service", "target.surface",    "tool",
};

constexpr std::string_view kSizes[] = {"data.attachments", "data.bytes", "data.lines", "data.tokens"};

bool is_plain(std::string_view text) {
  static constexpr std::string_view kOtherwise[] = {"true", "false", "null", "yes", "no",
                                                    "on",   "off",   "y",    "n"};
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  }) && std::ranges::find(kOtherwise, text) == std::end(kOtherwise);
}

// A text as YAML: quoted as in JSON but for plain words.
std::string yaml_text(std::string_view text) {
  return is_plain(text) ? std::string(text) : json::quoted(text);
}

std::string yaml_list(const std::vector<std::string>& all) {
  std::vector<std::string> texts;
  for (const auto& one : all) texts.push_back(yaml_text(one));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string yaml_value(const policy::Fact& fact) {
  if (const auto* flag = std::get_if<bool>(&fact.value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&fact.value)) return fmt::format("{}", *number);
  if (const auto* list = std::get_if<std::vector<std::string>>(&fact.value)) return yaml_list(*list);
  if (const auto* text = std::get_if<std::string>(&fact.value)) return yaml_text(*text);
  return fmt::format("{}", std::get<double>(fact.value));
}

bool has_pattern(const policy::FactValue& value) {
  const auto is = [](const std::string& text) { return text.find_first_of("*?") != std::string::npos; };
  if (const auto* text = std::get_if<std::string>(&value)) return is(*text);
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  return list && std::ranges::any_of(*list, is);
}

// One line of Markdown that says what the text says, whatever stands in it.
std::string markdown_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]<>#|~!&").find(c) != std::string_view::npos) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

struct Draft {
  const Question& question;
  const Answer& answer;
  std::string id, clause, until;
  policy::Facts given;
  policy::Effect effect = policy::Effect::allow;
  std::vector<std::string> conditions;       // lines of `when`
  std::vector<std::string> exceptions_from;  // rule ids; empty: one rule of its own
};

Result<> find_conditions(Draft& draft) {
  const auto add = [&](const policy::Fact& fact) -> Result<> {
    if (has_pattern(fact.value))
      return fail(Code::invalid,
                  fmt::format("the question names '{}' with '*' or '?', which a rule would read as "
                              "any; write the rule by hand",
                              fact.name));
    const auto* list = std::get_if<std::vector<std::string>>(&fact.value);
    const auto how = draft.effect == policy::Effect::allow ? "only" : "has-all";
    if (list && list->empty() && draft.effect != policy::Effect::allow) return {};
    draft.conditions.push_back(list ? fmt::format("{}: {{{}: {}}}", fact.name, how, yaml_list(*list))
                                    : fmt::format("{}: {}", fact.name, yaml_value(fact)));
    return {};
  };
  const auto& q = draft.question;
  for (const auto name : kSubjectOfRule)
    if (const auto* fact = q.facts.find(name)) TRY_VOID(add(*fact));
  // Where the policy looked at who asks, the answer is for those.
  if (q.decision)
    for (const auto& fact : q.decision->facts)
      if (fact.name == "subject.team" || fact.name == "subject.role") TRY_VOID(add(fact));
  if (draft.conditions.empty())
    return fail(Code::invalid,
                "the question states no facts that a rule could be for; name the data classes, the "
                "service or what the output is for");
  return {};
}

std::string rule_text(const Draft& draft) {
  std::string out;
  const auto rule = [&](const std::string& id, const std::string& exception_of) {
    out += fmt::format("- id: {}\n", id);
    if (!exception_of.empty()) out += fmt::format("  exception-of: {}\n", exception_of);
    out += "  when:\n";
    for (const auto& condition : draft.conditions) out += fmt::format("    {}\n", condition);
    out += fmt::format("  then: {}\n", policy::name(draft.effect));
    auto because = draft.answer.reason;
    if (!draft.answer.conditions.empty()) because += " Conditions: " + draft.answer.conditions;
    out += fmt::format("  because: {}\n", json::quoted(clean_text(because, 2000)));
    if (!draft.until.empty()) out += fmt::format("  until: {}\n", draft.until);
  };
  if (draft.exceptions_from.empty()) rule(draft.id, "");
  for (std::size_t i = 0; i < draft.exceptions_from.size(); ++i)
    rule(i == 0 ? draft.id : fmt::format("{}-{}", draft.id, i + 1), draft.exceptions_from[i]);
  return out;
}

std::vector<std::string> ids_of(const Draft& draft) {
  std::vector<std::string> ids = {draft.id};
  for (std::size_t i = 1; i < draft.exceptions_from.size(); ++i)
    ids.push_back(fmt::format("{}-{}", draft.id, i + 1));
  return ids;
}

std::string test_text(const Draft& draft) {
  std::string out =
      fmt::format("- name: {}\n  given:\n",
                  json::quoted(fmt::format("what {} says", number_text(draft.question.number))));
  for (const auto& fact : draft.given.all()) out += fmt::format("    {}: {}\n", fact.name, yaml_value(fact));
  return out + fmt::format("  expect: {}\n  by: {}\n", policy::name(draft.effect), yaml_list(ids_of(draft)));
}

// The lines of a text, each with its end.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// Behind the last line of the clause that says something; an index into the lines.
std::size_t place_below(const policy::Document& document, std::string_view clause,
                        const std::vector<std::string_view>& lines) {
  auto end = lines.size();
  const auto at = std::ranges::find(document.headings, clause, &policy::Heading::anchor);
  if (at != document.headings.end() && at + 1 != document.headings.end())
    end = std::min<std::size_t>(end, (at + 1)->place.line - 1);
  while (end > 0 && text::trim(lines[end - 1]).empty()) --end;
  return end;
}

// `added` (whole lines) put before line `at`.
void apply(Proposal& out, const std::vector<std::string_view>& lines, std::size_t at,
           const std::vector<std::string>& added, std::string_view file) {
  const auto first = at - std::min(at, kContext), last = std::min(lines.size(), at + kContext);
  const bool unended = at > 0 && !lines[at - 1].ends_with('\n');
  out.diff = fmt::format("--- a/{0}\n+++ b/{0}\n@@ -{1},{2} +{1},{3} @@\n", file,
                         last == first ? 0 : first + 1, last - first, last - first + added.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == at)
      for (const auto& line : added) out.document += line;
    out.document += lines[i];
  }
  if (at == lines.size()) {
    if (unended) out.document += '\n';
    for (const auto& line : added) out.document += line;
  }
  for (auto i = first; i < at; ++i) {
    const bool rewritten = unended && i + 1 == at;
    out.diff += fmt::format("{}{}", rewritten ? '-' : ' ', lines[i]);
    if (rewritten) out.diff += fmt::format("\n\\ No newline at end of file\n+{}\n", lines[i]);
  }
  for (const auto& line : added) out.diff += "+" + line;
  for (auto i = at; i < last; ++i) {
    out.diff += fmt::format(" {}", lines[i]);
    if (!lines[i].ends_with('\n')) out.diff += "\n\\ No newline at end of file\n";
  }
}

std::string ids_in_words(const std::vector<policy::RuleRef>& rules) {
  std::vector<std::string> ids;
  for (const auto& rule : rules) ids.push_back("'" + rule.id + "'");
  return fmt::format("{}", fmt::join(ids, ", "));
}

// What the changed document must be: usable, with what the answer says, and with all its tests passing.
Result<> verify(const Draft& draft, const std::string& text, WallMs now) {
  auto read = policy::read_document(text);
  const auto told = [](const policy::Findings& findings) -> Result<> {
    for (const auto& f : findings.all)
      if (f.severity == policy::Severity::error)
        return fail(Code::invalid, fmt::format("the document would be wrong with the rule, in line {}: {}",
                                               f.place.line, f.message));
    return {};
  };
  TRY_VOID(told(read.findings));
  const policy::Policy policy(std::move(read.document));
  const auto decision = policy.decide(draft.given);
  if (decision.enforced() != draft.effect)
    return fail(Code::invalid, fmt::format("with the rule it would still be {}, by {}; change these by hand",
                                           policy::name(decision.effect), ids_in_words(decision.rules)));
  policy::check(policy, now, read.findings);
  return told(read.findings);
}

Result<Draft> draft_of(const Question& question, const RuleWish& wish, const policy::Policy& policy,
                       WallMs now) {
  Draft draft{.question = question,
              .answer = *question.answer,
              .id = wish.id.empty() ? fmt::format("q-{}", question.number) : wish.id,
              .clause = wish.clause.empty() ? question.answer->clause : wish.clause,
              .until = {},
              .given = {},
              .conditions = {},
              .exceptions_from = {}};
  if (draft.clause.starts_with('#')) draft.clause.erase(0, 1);
  if (!policy.document().heading(draft.clause))
    return fail(Code::invalid,
                draft.clause.empty()
                    ? std::string("name the clause below which the rule stands")
                    : fmt::format("the document has no clause '{}'", clean_text(draft.clause, 100)));
  draft.effect = draft.answer.ruling == Ruling::deny ? policy::Effect::deny : policy::Effect::allow;
  for (const auto& fact : question.facts.all())
    if (fact.name != "subject.id" && fact.name != "subject.key" && !fact.name.starts_with("time."))
      draft.given.set(fact.name, fact.value, fact.source);
  draft.given.set("time.now", rfc3339(now), "test");
  // The answer says nothing about sizes, so that no rule about them is suspended for it.
  for (const auto name : policy.wants())
    if (std::ranges::find(kSizes, name) != std::end(kSizes) && !draft.given.find(name))
      draft.given.set(name, std::int64_t{0}, "test");
  TRY_VOID(find_conditions(draft));
  const auto is_now = policy.decide(draft.given);
  if (is_now.mode == policy::Mode::enforce && is_now.effect == draft.effect)
    return fail(Code::exists, fmt::format("the document says so already, by {}", ids_in_words(is_now.rules)));
  if (draft.effect == policy::Effect::allow)
    for (const auto& rule : is_now.rules)
      if (rule.id != "default") draft.exceptions_from.push_back(rule.id);
  if (draft.exceptions_from.size() > kMostExceptions)
    return fail(Code::invalid,
                fmt::format("{} rules stand against it; change them by hand", is_now.rules.size()));
  if (draft.exceptions_from.empty() && !wish.until && !draft.answer.expires) return draft;
  const auto until = wish.until ? *wish.until : draft.answer.expires.value_or(now + kExceptionMs);
  if (until <= now) return fail(Code::invalid, "the end of the rule must lie ahead");
  draft.until = rfc3339(until).substr(0, 10);
  return draft;
}

}  // namespace

Result<Proposal> propose_rule(const Question& question, const RuleWish& wish, std::string_view document,
                              std::string_view file_name, WallMs now) {
  if (!question.answer || question.state != State::answered)
    return fail(Code::exists, fmt::format("{} is {}: a rule is proposed from an answer",
                                          number_text(question.number), name(question.state)));
  auto read = policy::read_document(document);
  if (!read.usable()) {
    const auto& first =
        *std::ranges::find(read.findings.all, policy::Severity::error, &policy::Finding::severity);
    return fail(Code::invalid,
                fmt::format("the document cannot be read, in line {}: {}", first.place.line, first.message));
  }
  const policy::Policy policy(std::move(read.document));
  TRY(const auto draft, draft_of(question, wish, policy, now));
  Proposal out{.rule = rule_text(draft), .test = test_text(draft), .document = {}, .diff = {}};
  const auto lines = lines_of(document);
  const bool crlf = !lines.empty() && lines.front().ends_with("\r\n");
  std::vector<std::string> added;
  const auto add = [&](const std::string& text) {
    for (auto line : lines_of(text)) {
      line.remove_suffix(1);
      added.push_back(std::string(line) + (crlf ? "\r\n" : "\n"));
    }
  };
  add(fmt::format("\nDecided with {}: {}\n\n```policy\n{}```\n\n```policy-test\n{}```\n",
                  number_text(question.number), markdown_line(clean_text(draft.answer.reason, 1000)),
                  out.rule, out.test));
  apply(out, lines, place_below(policy.document(), draft.clause, lines), added, file_name);
  TRY_VOID(verify(draft, out.document, now));
  return out;
}

}  // namespace ostiary::desk

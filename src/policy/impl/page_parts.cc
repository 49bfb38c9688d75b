#include "policy/impl/page_parts.h"

#include <algorithm>
#include <fmt/format.h>
#include <span>

#include "base/text.h"
#include "policy/may.h"
#include "policy/plain.h"
#include "report/html.h"

namespace ostiary::policy {

namespace {

using report::escaped;

// Of rules or tests, which stand in the file's order, those within the lines.
template <class T>
std::span<const T> part_of(const std::vector<T>& all, Lines lines) {
  const auto line = [](const T& one) { return one.place.line; };
  const auto from = std::ranges::lower_bound(all, lines.first, {}, line);
  return {from, std::ranges::lower_bound(from, all.end(), lines.end, {}, line)};
}

void append_source(std::string& out, std::string_view what, std::string_view source) {
  out += fmt::format("<details class=\"source\"><summary>{}</summary>\n<pre><code>", what);
  report::append_escaped(out, source);
  out += "</code></pre>\n</details>\n";
}

std::string_view sign_of(Effect effect) {
  switch (effect) {
    case Effect::allow:
      return "Allowed";
    case Effect::redact:
      return "Masked";
    case Effect::reroute:
      return "Sent elsewhere";
    case Effect::ask:
      return "Ask first";
    case Effect::deny:
      return "Refused";
  }
  return "Refused";
}

void append_rule(std::string& out, const Rule& rule, const Document& document) {
  out += fmt::format(
      "<div class=\"rule {}\" id=\"rule:{}\">\n<p class=\"head\"><span class=\"sign {}\">{}</span> "
      "<code>{}</code>",
      name(rule.then), escaped(rule.id), name(rule.then), sign_of(rule.then), escaped(rule.id));
  if (rule.mode == Mode::observe || (document.mode == Mode::observe && rule.mode != Mode::enforce))
    out += " <span class=\"sign other\">only observed</span>";
  if (!rule.exception_of.empty()) out += " <span class=\"sign other\">exception</span>";
  if (!rule.until_text.empty())
    out += fmt::format(" <span class=\"sign other\">until {}</span>", escaped(rule.until_text));
  out += fmt::format("</p>\n<p>{}</p>\n", escaped(in_plain_words(rule, document)));
  if (!rule.because.empty()) out += fmt::format("<p class=\"why\">Why: {}</p>\n", escaped(rule.because));
  if (!rule.instead.empty()) out += fmt::format("<p class=\"why\">Instead: {}</p>\n", escaped(rule.instead));
  out += "</div>\n";
}

std::string_view kind_of(std::string_view section) {
  if (section == "groups") return "group";
  if (section == "tools") return "tools";
  if (section == "models") return "models";
  return section == "destinations" ? "destinations" : section;
}

void append_list(std::string& out, const ValueList& list) {
  constexpr std::size_t kMost = 500;
  out += fmt::format("<p><strong><code>{}</code></strong> ({}):</p>\n<ul>\n", escaped(list.name),
                     escaped(kind_of(list.section)));
  std::size_t count = 0;
  for (const auto* part : {&list.exact, &list.globs})
    for (const auto& text : *part)
      if (++count <= kMost) out += fmt::format("<li><code>{}</code></li>\n", escaped(text));
  if (count > kMost) out += fmt::format("<li>and {} more</li>\n", count - kMost);
  out += "</ul>\n";
}

void append_desk(std::string& out, const DeskRules& desk) {
  std::vector<std::string> automatic;
  for (const auto effect : desk.automatic) automatic.emplace_back(participle(effect));
  out += automatic.empty() ? std::string("<p>Every question is answered by a person.</p>\n")
                           : fmt::format(
                                 "<p>What the rules decide is given as an automatic answer where it is {}; "
                                 "everything else is answered by a person.</p>\n",
                                 escaped(listed(automatic, "or")));
  out += fmt::format("<p>Clocks run in working time of the zone {}.</p>\n", escaped(desk.working_time.zone));
}

void append_lanes(std::string& out, const Document& document, Lines lines) {
  constexpr std::string_view kRisks[] = {"low", "medium", "high"};
  bool any = false;
  for (const auto& lane : document.desk.lanes) {
    if (!lines.hold(lane.place)) continue;
    if (!any) out += "<ul>\n";
    any = true;
    const auto when = in_plain_words(lane.when, document);
    out += fmt::format(
        "<li>Lane <strong>{}</strong> ({} risk){}{}{}</li>\n", escaped(lane.name),
        kRisks[std::min<std::size_t>(lane.risk, 2)],
        lane.when.kind == Condition::Kind::always ? ", for all others" : ", when " + escaped(when),
        lane.owner.empty() ? "" : ": answered by " + escaped(lane.owner),
        lane.escalate_to.empty() ? "" : ", then by " + escaped(lane.escalate_to));
  }
  if (any) out += "</ul>\n";
}

void append_table_begin(std::string& out, const std::string& id, const std::string& caption,
                        std::string_view kind = {}) {
  out += fmt::format(
      "<div class=\"scroll{}\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{}\">\n<table>\n"
      "<caption id=\"{}\">{}</caption>\n",
      kind, id, id, escaped(caption));
}

std::string expected(const Case& test) {
  std::string out(participle(test.expect));
  if (test.redact && !test.redact->empty()) out += fmt::format(" ({})", listed(*test.redact, "and"));
  if (test.to) out += fmt::format(" (to {})", *test.to);
  if (test.would) out += fmt::format(", and noted as one that would be {}", participle(*test.would));
  return out;
}

void append_may_table(std::string& out, const MayTable& table, const std::vector<std::string>& columns,
                      std::size_t number) {
  append_table_begin(out, fmt::format("may:{}", number), table.title + ", and what it holds");
  out += "<thead>\n<tr>\n<td></td>\n";
  for (const auto& column : columns) out += fmt::format("<th scope=\"col\">{}</th>\n", escaped(column));
  out += "</tr>\n</thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += fmt::format("<tr>\n<th scope=\"row\">{}</th>\n", escaped(row.name));
    for (const auto& cell : row.cells) {
      out += fmt::format("<td class=\"{}\">", name(cell.effect));
      if (cell.clause.empty())
        out += escaped(cell.words);
      else
        out += fmt::format("<a href=\"#{}\">{}</a>", escaped(cell.clause), escaped(cell.words));
      out += "</td>\n";
    }
    out += "</tr>\n";
  }
  out += "</tbody>\n</table>\n</div>\n";
}

}  // namespace

std::string value_text(const FactValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "yes" : "no";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* word = std::get_if<std::string>(&value)) return *word;
  const auto& words = std::get<std::vector<std::string>>(value);
  return words.empty() ? "none" : listed(words, "and", 100);
}

void append_rules(std::string& out, const Document& document, std::string_view source, Lines lines) {
  std::size_t count = 0;
  for (const auto& rule : part_of(document.rules, lines)) append_rule(out, rule, document), ++count;
  append_source(out, count == 1 ? "The rule as the gate reads it" : "The rules as the gate reads them",
                source);
}

void append_data(std::string& out, const Document& document, std::string_view source, Lines lines) {
  for (const auto& list : document.lists)
    if (!list.name.empty() && lines.hold(list.place)) append_list(out, list);
  bool any = false;
  for (const auto& target : document.answer_targets) {
    if (!lines.hold(target.place)) continue;
    if (!any) out += "<ul>\n";
    any = true;
    out += fmt::format(
        "<li><strong>{}</strong>: a first answer within {}, a decision within {} of working time</li>\n",
        escaped(target.lane), text::format_duration_ms(target.first_answer_ms),
        text::format_duration_ms(target.decision_ms));
  }
  if (any) out += "</ul>\n";
  if (lines.hold(document.desk.place)) append_desk(out, document.desk);
  append_lanes(out, document, lines);
  append_source(out, "The data as the gate reads it", source);
}

void append_tests(std::string& out, const Document& document, std::string_view source, Lines lines) {
  std::string rows;
  std::size_t count = 0;
  std::uint32_t line = 0;
  for (const auto& test : part_of(document.cases, lines)) {
    if (++count == 1) line = test.place.line;
    std::string given;
    for (const auto& fact : test.given.all())
      given += fmt::format("{}<code>{}</code>: {}", given.empty() ? "" : "<br>", escaped(fact.name),
                           escaped(value_text(fact.value)));
    rows +=
        fmt::format("<tr>\n<th scope=\"row\">{}</th>\n<td class=\"given\">{}</td>\n<td>{}</td>\n</tr>\n",
                    escaped(test.name), given.empty() ? "nothing is known" : given, escaped(expected(test)));
  }
  if (count > 0) {
    out += fmt::format("<details><summary>{} that the gate holds the rules to</summary>\n",
                       count == 1 ? "A test" : fmt::format("{} tests", count));
    append_table_begin(out, fmt::format("tests:{}", line),
                       count == 1 ? "Test" : fmt::format("Tests from line {} on", line), " wide");
    out +=
        "<thead>\n<tr><th scope=\"col\">What must hold</th><th scope=\"col\">Given</th><th "
        "scope=\"col\">Then it is</th></tr>\n"
        "</thead>\n<tbody>\n" +
        rows + "</tbody>\n</table>\n</div>\n</details>\n";
  }
  append_source(out, "The tests as the gate reads them", source);
}

void append_may(std::string& out, const Policy& policy, WallMs on) {
  const auto may = what_may_i_do(policy, on);
  out +=
      "<section class=\"may\" aria-labelledby=\"p:may\">\n<h2 id=\"p:may\">What may I do?</h2>\n"
      "<p>The gate's own answers, computed from the rules below, for an ordinary request. Each answer leads "
      "to the "
      "section that decides it.</p>\n";
  std::size_t number = 0;
  for (const auto& table : may.tables) append_may_table(out, table, may.columns, ++number);
  if (!may.ordinary.empty())
    out += fmt::format(
        "<p>An ordinary request: {}. What is not named here is not known, and the rules take what is not "
        "known "
        "strictly.</p>\n",
        escaped(listed(may.ordinary, "and", 20)));
  if (!may.changes.empty()) {
    out += fmt::format("<details><summary>What else changes the answers ({})</summary>\n<ul>\n",
                       may.changes.size());
    for (const auto& change : may.changes) out += fmt::format("<li>{}</li>\n", escaped(change.text));
    out += "</ul>\n</details>\n";
  }
  for (const auto& partial : may.partial)
    out += fmt::format("<p class=\"why\">Left out: {}.</p>\n", escaped(partial));
  out += "</section>\n";
}

}  // namespace ostiary::policy

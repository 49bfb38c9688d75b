// policy explain and policy facts.

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <iterator>

#include "app/impl/policy_file.h"
#include "app/impl/terminal.h"
#include "app/impl/verbs_policy.h"
#include "base/file.h"
#include "json/writer.h"
#include "policy/fact_table.h"

namespace ostiary::app {

namespace {

constexpr std::uint64_t kMostFactsFile = 4U << 20;

Result<std::string> read_facts_text(const std::string& file) {
  if (file != "-") return read_file(file, kMostFactsFile);
  std::string out;
  char buffer[65536];
  while (std::cin.read(buffer, sizeof buffer) || std::cin.gcount() > 0) {
    out.append(buffer, static_cast<std::size_t>(std::cin.gcount()));
    if (out.size() > kMostFactsFile) return fail(Code::too_large, "facts are over 4MiB", "stdin");
  }
  return out;
}

// Whether an exception that is only observed holds for what a rule does now.
bool would_be_suspended(const policy::RuleTrace& t, const std::vector<policy::RuleTrace>& trace) {
  return t.fired && std::ranges::any_of(trace, [&](const policy::RuleTrace& other) {
           return other.rule->exception_of == t.rule->id && other.truth == policy::Truth::yes &&
                  other.mode == policy::Mode::observe;
         });
}

std::string_view became(const policy::RuleTrace& t) {
  if (t.suspended) return "suspended by an exception";
  if (t.at_target) return "goes where it belongs";
  if (t.fired) return t.mode == policy::Mode::observe ? "only observed" : "fires";
  return t.truth == policy::Truth::unknown ? "allows nothing that is unknown" : "does not hold";
}

std::string in_text(const policy::Policy& policy, const policy::Decision& d,
                    const std::vector<policy::RuleTrace>& trace, bool all, const Style& style) {
  std::string out = style.bold(policy::name(d.effect));
  if (d.mode == policy::Mode::observe) out += " (only observed: nothing is stopped)";
  out += '\n';
  const auto line = [&](std::string_view what, const std::string& text) {
    if (!text.empty()) out += fmt::format("  {:10} {}\n", what, printable(text));
  };
  line("because", d.because);
  line("instead", d.instead);
  line("to", d.reroute_to);
  line("redact", fmt::format("{}", fmt::join(d.redact_classes, ", ")));
  line("missing", fmt::format("{}", fmt::join(d.missing, ", ")));
  if (d.would_be) line("would be", policy::name(*d.would_be));
  for (const auto& rule : d.rules) line("rule", rule.id + (rule.clause.empty() ? "" : " #" + rule.clause));
  out += '\n';
  std::size_t left_out = 0;
  for (const auto& t : trace) {
    if (!all && t.truth == policy::Truth::no) {
      ++left_out;
      continue;
    }
    out += fmt::format("{} ({}): {}{}\n", style.bold(printable(t.rule->id)), policy::name(t.rule->then),
                       became(t),
                       would_be_suspended(t, trace) ? "; an observed exception would suspend it" : "");
    if (t.tests.empty()) out += "  always\n";
    for (const auto& [text, truth] : t.tests)
      out += fmt::format("  {:8} {}\n", policy::name(truth), printable(text));
    if (t.rule->until) out += fmt::format("  until {}\n", printable(t.rule->until_text));
  }
  if (left_out > 0)
    out += fmt::format("{} of {} rules do not hold\n", left_out, policy.document().rules.size());
  return out;
}

std::string in_json(const policy::Decision& d, const std::vector<policy::RuleTrace>& trace) {
  std::string out;
  json::Writer w(out);
  w.begin_object();
  w.key("decision");
  std::string decision;
  append_json(decision, d);
  w.raw(decision);
  w.member("kind", "policy-explain");
  w.member("ostiary", std::uint64_t{1});
  w.key("partial");
  w.begin_array();
  w.end_array();
  w.key("rules");
  w.begin_array();
  for (const auto& t : trace) {
    w.begin_object();
    w.member("clause", t.rule->clause);
    w.member("fired", t.fired);
    w.member("holds", policy::name(t.truth));
    w.member("id", t.rule->id);
    w.key("missing");
    w.begin_array();
    for (const auto& fact : t.missing) w.string(fact);
    w.end_array();
    w.member("mode", policy::name(t.mode));
    w.member("suspended", t.suspended);
    w.key("tests");
    w.begin_array();
    for (const auto& [text, truth] : t.tests) {
      w.begin_object();
      w.member("holds", policy::name(truth));
      w.member("text", text);
      w.end_object();
    }
    w.end_array();
    w.member("then", policy::name(t.rule->then));
    w.end_object();
  }
  w.end_array();
  w.end_object();
  return out + '\n';
}

}  // namespace

Result<int> run_policy_explain(const PolicyOptions& options) {
  TRY(const auto policy, read_policy(options.file));
  TRY(const auto text, read_facts_text(options.facts));
  TRY(const auto facts, policy::read_facts(text, options.facts == "-" ? "stdin" : options.facts, "given"));
  const auto decision = policy.decide(facts);
  const auto trace = policy.trace(facts);
  TRY_VOID(
      put(options.common, options.common.format == Format::json
                              ? in_json(decision, trace)
                              : in_text(policy, decision, trace, options.all, style_of(options.common))));
  return 0;
}

Result<int> run_policy_facts(const PolicyOptions& options) {
  std::string out;
  if (options.common.format == Format::json) {
    json::Writer w(out);
    w.begin_object();
    w.key("facts");
    w.begin_array();
    for (const auto& spec : policy::fact_table()) {
      w.begin_object();
      w.key("allowed");
      w.begin_array();
      for (const auto& word : spec.allowed) w.string(word);
      w.end_array();
      w.member("meaning", spec.meaning);
      w.member("name", spec.name);
      w.member("type", policy::name(spec.type));
      w.end_object();
    }
    w.end_array();
    w.member("kind", "policy-facts");
    w.member("ostiary", std::uint64_t{1});
    w.key("partial");
    w.begin_array();
    w.end_array();
    w.end_object();
    out += '\n';
  } else {
    std::vector<std::vector<std::string>> rows;
    for (const auto& spec : policy::fact_table())
      rows.push_back(
          {std::string(spec.name),
           spec.allowed.empty() ? policy::name(spec.type) : fmt::format("{}", fmt::join(spec.allowed, " | ")),
           std::string(spec.meaning)});
    out = table(rows);
  }
  TRY_VOID(put(options.common, out));
  return 0;
}

}  // namespace ostiary::app

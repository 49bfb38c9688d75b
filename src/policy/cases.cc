#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>

#include "policy/check.h"

namespace ostiary::policy {

namespace {

std::string listed(const std::vector<std::string>& texts) {
  return texts.empty() ? "nothing" : fmt::format("{}", fmt::join(texts, ", "));
}

std::vector<std::string> ids_of(const std::vector<RuleRef>& rules) {
  std::vector<std::string> out;
  for (const auto& rule : rules) out.push_back(rule.id);
  return out;
}

// Those of `wanted` that `have` has not.
std::vector<std::string> lacking(const std::vector<std::string>& wanted,
                                 const std::vector<std::string>& have) {
  std::vector<std::string> out;
  for (const auto& text : wanted)
    if (std::ranges::find(have, text) == have.end()) out.push_back(text);
  return out;
}

void judge_case(CaseResult& result) {
  const auto& test = *result.test;
  const auto& d = result.decision;
  const auto fails = [&](std::string text) { result.failures.push_back(std::move(text)); };
  auto rules = ids_of(d.rules);
  if (d.enforced() != test.expect)
    fails(fmt::format("expected {}, got {} by {}{}", name(test.expect), name(d.enforced()),
                      d.mode == Mode::observe ? "observing only" : listed(rules),
                      d.missing.empty() ? "" : fmt::format(" (not given: {})", listed(d.missing))));
  const auto would = d.mode == Mode::observe ? d.effect : d.would_be.value_or(d.effect);
  if (test.would && would != *test.would)
    fails(fmt::format("it would be {}, not {}", name(would), name(*test.would)));
  for (const auto& id : ids_of(d.observed)) rules.push_back(id);
  if (test.by)
    if (const auto lack = lacking(*test.by, rules); !lack.empty())
      fails(fmt::format("expected by {}, decided by {}", listed(lack), listed(rules)));
  const auto masked = d.mode == Mode::enforce ? d.redact_classes : std::vector<std::string>();
  if (test.redact && *test.redact != masked)
    fails(fmt::format("expected {} to be redacted, got {}", listed(*test.redact), listed(masked)));
  if (test.missing)
    if (const auto lack = lacking(*test.missing, d.missing); !lack.empty())
      fails(fmt::format("expected {} to be missing; missing is {}", listed(lack), listed(d.missing)));
  if (test.to && *test.to != d.reroute_to)
    fails(fmt::format("expected a reroute to '{}', got '{}'", *test.to, d.reroute_to));
}

}  // namespace

std::vector<CaseResult> run_cases(const Policy& policy) {
  std::vector<CaseResult> out;
  out.reserve(policy.document().cases.size());
  // What the tests say holds before and after a document is enforced.
  std::optional<Policy> enforced;
  if (policy.document().mode == Mode::observe) {
    auto document = policy.document();
    document.mode = Mode::enforce;
    enforced.emplace(std::move(document));
  }
  const auto& deciding = enforced ? *enforced : policy;
  Verdict verdict;
  for (const auto& test : policy.document().cases) {
    CaseResult result{.test = &test, .decision = deciding.decide(test.given, verdict), .failures = {}};
    judge_case(result);
    out.push_back(std::move(result));
  }
  return out;
}

}  // namespace ostiary::policy

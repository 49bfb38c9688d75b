#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "policy/policy.h"

// What the tests of this module share.
namespace ostiary::policy::testing {

inline constexpr std::string_view kFront =
    "---\ntitle: Rules\nversion: \"1\"\nstatus: draft\nowner: Ada\ncontact: ada@example.org\n"
    "review-by: 2999-01-01\ndefault: deny\n";

// A document of a front matter with further lines, rules, data and tests, each the content of its block.
inline std::string text_of(std::string_view rules, std::string_view data = "", std::string_view cases = "",
                           std::string_view front = "") {
  std::string out(kFront);
  out.append(front).append("---\n\n# Rules\n\n```policy\n").append(rules).append("```\n");
  if (!data.empty()) out.append("\n```policy-data\n").append(data).append("```\n");
  if (!cases.empty()) out.append("\n```policy-test\n").append(cases).append("```\n");
  return out;
}

// Of a text that must be usable.
inline Policy policy_of(const std::string& text) {
  auto read = read_document(text);
  for (const auto& f : read.findings.all)
    if (f.severity == Severity::error)
      ADD_FAILURE() << f.place.line << ':' << f.place.column << ' ' << f.message;
  return Policy(std::move(read.document));
}

inline Facts facts_of(std::string_view yaml) {
  auto facts = read_facts(yaml, "facts", "test");
  if (!facts) ADD_FAILURE() << facts.error().text();
  return facts ? *facts : Facts();
}

}  // namespace ostiary::policy::testing

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/time.h"
#include "policy/check.h"

using namespace ostiary;

// A document reads within its limits, every place is inside the text, and what is usable can be checked,
// decided by and told in words.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const policy::Limits limits{
      .max_bytes = 1 << 16, .max_rules = 50, .max_cases = 50, .max_values = 500, .max_depth = 8};
  auto read = policy::read_document(text, limits);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 2;
  for (const auto& finding : read.findings.all) {
    if (finding.message.empty() || finding.check.empty()) std::abort();
    if (finding.place.line == 0 || finding.place.line > lines || finding.place.column == 0) std::abort();
  }
  for (const auto& rule : read.document.rules) {
    if (policy::in_words(rule.when, read.document).empty()) std::abort();
    if (!rule.clause.empty() && !read.document.heading(rule.clause)) std::abort();
  }
  if (!read.usable()) return 0;
  const policy::Policy compiled(std::move(read.document));
  policy::check(compiled, 0, read.findings);
  const auto none = compiled.decide(policy::Facts{});
  // With nothing known, what is not observed is at least as strict as the stance.
  const auto& d = compiled.document();
  const bool only_enforced =
      d.mode == policy::Mode::enforce && std::ranges::none_of(d.rules, [](const policy::Rule& rule) {
        return rule.when.kind != policy::Condition::Kind::test;
      });
  if (only_enforced && !d.rules.empty() && none.enforced() < d.stance) std::abort();
  if (compiled.trace(policy::Facts{}).size() != d.rules.size()) std::abort();
  return 0;
}

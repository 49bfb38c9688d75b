#include "policy/obligations.h"

#include <algorithm>
#include <array>

namespace ostiary::policy {

namespace {

constexpr auto kObligations = std::to_array<ObligationSpec>({
    {"cap-retention", "a duration, such as 30d", true, false,
     "a recording of the exchange is kept no longer"},
    {"disclose", "the line", false, false, "a line that says that AI was used goes with the answer"},
    {"expire", "a duration, such as 7d", true, false, "what was allowed is asked again after it"},
    {"header", "NAME=VALUE", false, false, "the answer carries a header"},
    {"log", "a level: info or warn", false, false, "the exchange is logged at the level"},
    {"match-code", "", false, false, "code in the answer is compared with the corpus"},
    {"notify", "the name of a webhook", false, false, "a webhook is told"},
});
static_assert(std::ranges::is_sorted(kObligations, {}, &ObligationSpec::name));

}  // namespace

std::span<const ObligationSpec> obligation_table() {
  return kObligations;
}

const ObligationSpec* find_obligation(std::string_view name) {
  const auto at = std::ranges::lower_bound(kObligations, name, {}, &ObligationSpec::name);
  return at != kObligations.end() && at->name == name ? &*at : nullptr;
}

}  // namespace ostiary::policy

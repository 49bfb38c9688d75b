#include "policy/impl/fact_bounds.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "policy/fact_table.h"

namespace ostiary::policy {

namespace {

constexpr std::array<std::string_view, 2> kNeverKnown = {"data.language", "subject.role"};

// Those that inspection finds and those that an organisation's own detectors may give (docs/inspect.md);
// others are an organisation's own words.
constexpr std::array<std::string_view, 15> kClasses = {"classified",      "code",
                                                       "confidential",    "customer",
                                                       "customer-code",   "customer-data",
                                                       "internal",        "export-controlled",
                                                       "opaque",          "own-code",
                                                       "personal",        "public",
                                                       "secret",          "special-category",
                                                       "third-party-code"};

}  // namespace

std::optional<std::int64_t> greatest(std::uint8_t fact) {
  if (fact_table()[fact].name == "time.hour") return 23;
  return std::nullopt;
}

bool is_ever_known(std::uint8_t fact) {
  return std::ranges::find(kNeverKnown, fact_table()[fact].name) == kNeverKnown.end();
}

std::optional<std::string> meant_class(std::string_view word) {
  if (std::ranges::find(kClasses, word) != kClasses.end()) return std::nullopt;
  return text::nearest(word, kClasses);
}

}  // namespace ostiary::policy

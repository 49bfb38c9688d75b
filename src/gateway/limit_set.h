#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::gateway {

// What can be limited for a key and for a team, and the unit it is counted in.
enum class Limit : std::uint8_t {
  requests,    // in any minute
  tokens,      // in any minute, input and output
  spend,       // in a month (UTC), nano-dollars
  concurrent,  // exchanges under way
  prompt       // bytes of a request's body
};
inline constexpr std::size_t kLimits = 5;
// The words of configuration, API and refusals.
inline constexpr std::array<std::string_view, kLimits> kLimitNames = {
    "requests_per_minute", "tokens_per_minute", "spend_per_month", "concurrent", "max_prompt_bytes"};
inline std::string_view name(Limit limit) {
  return kLimitNames[static_cast<std::size_t>(limit)];
}

inline constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

// One level of limits. A field that is absent leaves it to the next level; kUnlimited lifts what that says.
class LimitSet {
 public:
  std::optional<std::int64_t>& operator[](Limit limit) { return values_[static_cast<std::size_t>(limit)]; }
  const std::optional<std::int64_t>& operator[](Limit limit) const {
    return values_[static_cast<std::size_t>(limit)];
  }
  bool empty() const { return *this == LimitSet(); }
  bool operator==(const LimitSet&) const = default;

 private:
  std::array<std::optional<std::int64_t>, kLimits> values_;
};

// The value of one field as a person writes it: a whole number (spend: US dollars with up to nine decimals;
// prompt: bytes with a unit) or "unlimited".
Result<std::int64_t> read_limit(Limit limit, std::string_view text);
// {"requests_per_minute": 60, "spend_per_month": 12.5, "concurrent": "unlimited"}: any of the fields. What
// the API takes and the store keeps.
Result<LimitSet> limits_from_json(std::string_view text);
std::string limits_to_json(const LimitSet& limits);  // canonical
// A value as JSON: a number (spend: in dollars), or null where there is no limit.
void append_limit_value(std::string& out, Limit limit, std::int64_t value);

struct LimitSettings {
  LimitSet per_key, per_team;             // of each that has none of its own
  std::map<std::string, LimitSet> teams;  // by name
  std::map<std::string, LimitSet> keys;   // by id
  bool allow_unpriced = false;            // a model without a price may be asked under a limit of spend
  std::uint64_t assumed_output = 1024;    // tokens set aside where a request names no maximum
  bool operator==(const LimitSettings&) const = default;
};

}  // namespace ostiary::gateway

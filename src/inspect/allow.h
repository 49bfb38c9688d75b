#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "catalog/organisation.h"
#include "inspect/finding.h"

namespace ostiary::inspect {

// The name that the value at `at` is assigned to: of `key = "…`, `"key": "…`, `--key=…`; empty: none.
std::string_view key_before(std::string_view text, std::size_t at);

// What an organisation accepts. Immutable, for any number of threads. A rule holds to the end of its last day
// (UTC), or to the moment that it names (RFC 3339).
class AllowRules {
 public:
  AllowRules() = default;
  explicit AllowRules(std::vector<catalog::AllowRule> rules);

  // Where a value stands.
  struct Place {
    std::string_view detector;
    std::string_view text;
    std::uint64_t start = 0;
    std::string_view file;    // empty: none
    std::string_view member;  // name of the JSON value; empty: none
  };
  bool empty() const { return rules_.empty(); }
  // The first rule that says nothing of the value and holds there; nullptr: none.
  const catalog::AllowRule* of_place(const Place& place, WallMs now) const;
  // The first rule that names this value or finding and holds there.
  const catalog::AllowRule* of_value(const Place& place, std::string_view value, std::string_view fingerprint,
                                     WallMs now) const;
  // Those that hold no more.
  std::vector<const catalog::AllowRule*> expired(WallMs now) const;
  const std::vector<catalog::AllowRule>& all() const { return specs_; }

 private:
  struct Rule {
    std::size_t spec = 0;
    WallMs ends = 0;
    bool of_value = false;
  };
  bool holds_at(const catalog::AllowRule& rule, const Place& place) const;
  std::vector<catalog::AllowRule> specs_;
  std::vector<Rule> rules_;
  bool values_ = false, places_ = false;  // there are such rules
};

}  // namespace ostiary::inspect

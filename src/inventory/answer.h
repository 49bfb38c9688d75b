#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "inventory/advisory.h"
#include "inventory/use.h"
#include "inventory/version_order.h"

namespace ostiary::inventory {

// A condition on what a provider's terms say: "train_on_input!=no".
struct TermsCondition {
  std::string fact, value;
  bool equal = true;
};
// Facts are words of small letters, digits, "_" and "."; `invalid` otherwise.
Result<TermsCondition> parse_terms(std::string_view text);

// The inevitable question. All conditions that are set must hold.
struct Query {
  std::string provider = {};
  std::string model = {};              // a glob
  std::string license_forbids = {};    // "commercial"
  std::vector<std::string> data = {};  // classes, one of which goes in
  std::vector<TermsCondition> terms = {};
  std::string sdk = {};
  std::optional<VersionRange> version = {};  // of the SDK, or of the model without one
  std::vector<Advisory> advisories = {};     // one of which names it

  bool empty() const;
};

// Why a use is part of the answer.
struct Reason {
  std::string text;
  bool certain = true;  // false: it is unknown, and what is unknown counts
};

struct Answer {
  Use use;
  bool certain = true;  // every reason is
  std::vector<Reason> reasons;
  std::vector<std::string> evidence;  // a line each: what shows the use, and where
};

// Certain ones first, then by title. Deterministic.
std::vector<Answer> answer(const std::vector<Use>& uses, const Query& query);
// Owners and teams of these uses, each once, sorted; a use of which nobody knows either is not among them.
std::vector<std::string> to_tell(const std::vector<Answer>& answers);

enum class Forbids : std::uint8_t { no, unknown, yes };
// Whether a licence's text forbids commercial use, for the ids of SPDX and the catalogue that were looked at;
// of an expression with OR the mildest counts, with AND the strictest.
Forbids forbids_commercial(std::string_view expression);

}  // namespace ostiary::inventory

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::inspect {

// The entries of an organisation's list that say which values of a detector's pattern count. ASCII case does
// not. Immutable.
class Members {
 public:
  // `rule`: which values count.
  //   host      an entry, or a name below it: `db.intra.example` with the entry `intra.example`
  //   mail      an address whose domain is so
  //   licence   an SPDX expression, its tag before it or not, that is no entry and has a
  //             licence that is none
  //   holder    a copyright statement that names no entry as whole words
  // `invalid`: another rule.
  static Result<Members> make(std::string_view rule, const std::vector<std::string>& entries);

  // Time grows with the value's length and the logarithm of the number of entries.
  bool take(std::string_view value) const;

 private:
  enum class Rule : std::uint8_t { host, mail, licence, holder };
  Members() = default;
  bool has(std::string_view text) const;
  bool has_or_above(std::string_view host) const;
  bool owns(std::string_view expression) const;
  bool names_one(std::string_view text) const;
  bool names_one_at(std::string_view text, std::size_t start) const;

  Rule rule_ = Rule::host;
  std::vector<std::string> entries_;  // lower case, sorted
};

}  // namespace ostiary::inspect

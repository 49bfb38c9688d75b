#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "inspect/pattern.h"

namespace ostiary::inspect {

// Knows values that look like a secret or a personal number and are none (catalog/damper). Immutable.
class Damping {
 public:
  static Result<Damping> make(std::span<const catalog::Damper> dampers);

  enum class Effect : std::uint8_t { untouched, low, none };
  struct Verdict {
    Effect effect = Effect::untouched;
    std::string_view damper;  // id
  };
  // `context` is what stands before the value; `high`: the finding is of high confidence.
  Verdict judge(std::string_view value, std::string_view context, bool high) const;

 private:
  struct Damper {
    catalog::Damper spec;  // texts in lower case but the values
    std::vector<Pattern> patterns;
    bool knows(std::string_view value, std::string_view lower, std::string_view context) const;
  };
  std::vector<Damper> dampers_;  // those that leave nothing first
};

}  // namespace ostiary::inspect

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "inventory/reconcile.h"
#include "inventory/use.h"

namespace ostiary::inventory {

// How the desk did; working time in milliseconds, none where nobody answered.
struct AnswerTimes {
  WallMs from = 0, to = 0;
  std::uint64_t asked = 0, answered = 0, open = 0, automatic = 0, breached = 0;
  std::optional<std::uint64_t> first_p50_ms = {}, first_p90_ms = {}, decision_p50_ms = {},
                               decision_p90_ms = {};
};

struct Counted {
  std::string what;
  std::uint64_t count = 0;
};

// Something to worry about or to decide, with the uses that it is about.
struct Concern {
  std::string what;                     // a sentence
  std::string why = {};                 // what it rests on
  std::uint64_t count = 0;              // of uses, or of what was found
  std::vector<std::string> uses = {};   // titles, sorted, at most kMostNamed
  std::vector<std::string> teams = {};  // sorted; people are not named
  static constexpr std::size_t kMostNamed = 8;
};

// The one page for management.
struct Summary {
  WallMs at = 0;
  std::uint64_t uses = 0, seen = 0, declared = 0;  // shown by something; stated by somebody
  std::vector<Counted> by_status, by_surface,
      by_provider;                 // most first, then by name; providers: the first ten
  std::vector<Counted> unknown;    // of uses that are not retired, how many lack what
  std::vector<Counted> gaps;       // findings of reconciling
  std::vector<Concern> risks;      // the gravest first, at most kMostRisks
  std::vector<Concern> decisions;  // that somebody has to take
  std::optional<AnswerTimes> answers;
  std::vector<std::string> partial;  // what this page does not know
  static constexpr std::size_t kMostRisks = 10;
};

// What the uses and what was found say, in figures. Deterministic.
Summary summarise(const std::vector<Use>& uses, const Reconciled& found,
                  const std::optional<AnswerTimes>& answers, WallMs now);

// A page by itself: no script, nothing loaded, readable without colours, fit for printing. Texts are data.
std::string summary_html(const Summary& summary);
std::string summary_text(const Summary& summary);
// Members of the API's answer, canonical JSON of one object.
void append_json(std::string& out, const Summary& summary);

}  // namespace ostiary::inventory

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/document.h"

namespace ostiary::policy {

// A reason to look at the document again.
struct Due {
  std::string
      kind;  // "review", "effective", "exception", "rule", "fired", "asked", "catalog", "terms", "feature"
  std::string
      name;  // of the rule, the question's subject, the fact, the catalogue's entry; empty: the document
  std::string text;    // one sentence: what, why, and what to do
  std::string clause;  // anchor; empty: none
  std::string date;    // YYYY-MM-DD that it is about; empty: none
  bool overdue = false;
  Place place;  // in the document; line 0: nowhere
};

// What is known beside the document. What is not known asks for nothing.
struct Seen {
  struct Count {
    std::string name;
    std::uint64_t count = 0;
  };
  struct News {
    std::string name, text;  // "openai api: trains", "was no and is yes"
    WallMs at = 0;
  };
  // How often each rule fired and each subject was asked about within the times that the document's `review`
  // names.
  std::vector<Count> fired, asked;
  std::vector<News> terms,
      features;            // facts of terms that changed; new features of products, as catalogue entries
  WallMs catalog_at = 0;   // when the newest entry of the catalogue is from; 0: not known
  WallMs reviewed_at = 0;  // when the document was last put in force; 0: not known, then `effective` counts
};

// What is due, and why. `now` is milliseconds since 1970, UTC. Overdue first, then by date, kind and name.
// The thresholds are those of the document (Document::review).
std::vector<Due> due(const Document& document, WallMs now, const Seen& seen = {});

}  // namespace ostiary::policy

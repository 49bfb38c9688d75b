#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "policy/policy.h"

namespace ostiary::policy {

// "What may I do?": what a policy decides about an ordinary request, by where it goes or what it comes from,
// and by what it holds.
struct MayCell {
  Effect effect = Effect::deny;  // that is enforced
  std::string words;             // "Yes", "Yes, masked", "Ask first", "No", "Goes to own-llama"
  std::string rule, clause;      // of a rule that decided; empty: the default did
};

struct MayRow {
  std::string name;            // as a noun: "an API", "mistral"
  std::string value;           // of the fact that the table is by
  std::vector<MayCell> cells;  // one for each column
};

struct MayTable {
  std::string
      fact;  // whose values the rows are: target.surface, target.hosting, target.service, tool; "": one row
  std::string title;  // "By where it goes"
  std::vector<MayRow> rows;
};

// A condition that makes answers of the tables others, told in a sentence.
struct MayChange {
  std::string fact, text;
};

struct May {
  std::vector<std::string> classes;  // data classes of the columns; the first, "", is none of them
  std::vector<std::string> columns;  // their heads
  std::vector<MayTable> tables;
  std::vector<std::string> ordinary;  // what is taken as given of the request, as sentence parts
  std::vector<MayChange> changes;
  std::vector<std::string> partial;  // what was left out
};

// Computed by deciding, from the document alone: `now` is the time of the request; 0: it is not known. Facts
// about a service or a tool that no rule's table says (its hosting, say) are those of the document's tests
// about it. Bounded: at most 40 rows a table, 24 columns.
May what_may_i_do(const Policy& policy, WallMs now);

}  // namespace ostiary::policy

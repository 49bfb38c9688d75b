#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/license.h"

namespace ostiary::license {

// A licence as one place declares it.
struct Declaration {
  std::string expression;  // SPDX, LicenseRef-… or another name; empty: which licence it is, is not known
  std::string kind;        // "card", "weights", "license-file", "catalogue", …
  std::string place;       // for people: a file, and a field in it
};

// A model or dataset with what is known of where it comes from.
struct Work {
  std::string name;  // "owner/name" where it has an owner
  bool data = false;
  std::vector<Declaration> licenses;
  std::vector<std::string> bases, datasets;  // names that `find` takes
  std::string note;                          // of its licence, told where it matters
};

enum class Weight : std::uint8_t { note, warning, conflict };
std::string_view name(Weight weight);

// Two declarations that cannot both hold, or a duty that was lost on the way.
struct Conflict {
  std::string kind;  // docs/licenses.md lists them
  Weight weight = Weight::warning;
  std::string text;                 // for people, one line
  std::string license, clause;      // whose text asks; may be empty
  std::vector<std::string> places;  // of the declarations, or the way through the lineage
};

// A duty that comes down the lineage to whoever gives this work out.
struct Inherited {
  std::string duty, text;  // as Obligation (check.h)
  std::string from;        // the work whose licence asks
  std::string license, clause;
};

struct Lineage {
  std::vector<Conflict> conflicts;   // the weightiest first, then by kind and text
  std::vector<Inherited> duties;     // the nearest work first
  std::vector<std::string> unknown;  // works of the lineage of which nothing is known
};

// Looks up a work of the lineage; nothing: it is not known.
using FindWork = std::function<std::optional<Work>(std::string_view name)>;

constexpr std::size_t kMostWorks = 256;  // of a lineage; beyond that it says so
constexpr std::size_t kDeepest = 32;

// Compares what the places of one work declare, and the work with everything it comes from. A lineage that
// runs in a circle, or further than the limits, is told as a conflict and not followed.
Lineage examine(const Work& work, const FindWork& find, const catalog::Licenses& known);

// What the catalogue knows of a model or dataset: its licence as declaration, bases, datasets, and the parts
// of a dataset as datasets of their own ("<id>/<part>").
std::optional<Work> catalogued(std::string_view name);

// The licence that works go by among several declarations, as far as they are licences that are known: the
// strictest. Null: none is known.
const catalog::License* strictest(const std::vector<Declaration>& declarations,
                                  const catalog::Licenses& known);

// The names of licences in an expression, in order, exceptions left out; all of them where it is no
// well-formed expression.
std::vector<std::string> names_in(std::string_view expression);

}  // namespace ostiary::license

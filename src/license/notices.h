#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/license.h"

namespace ostiary::license {

// A work that a product holds, as it was found.
struct Noticed {
  std::string name, version;            // the version may be empty
  std::string kind;                     // "code", "model" or "data"
  std::string expression;               // SPDX, LicenseRef-… or a name of a licence; empty: not known
  std::string text;                     // of its licence, as it came with it; may be empty
  std::string notice;                   // its NOTICE file; may be empty
  std::vector<std::string> copyrights;  // lines of its own
};

// The text of a licence by its SPDX id; empty where there is none.
using TextOf = std::function<std::string(std::string_view license)>;

struct Notices {
  std::string text;  // the notice file
  std::vector<std::string>
      open;  // what the file cannot settle, a line each, sorted: for those who send it out
};

// The notice file that the licences of these works ask for: each work under its licence with its copyright
// lines and what its own NOTICE says, the words that a licence asks to be shown, and the texts, each once:
// those that came with the works, else those of `text_of`. Of a choice the one that permits most is taken.
// The same works in any order give the same bytes.
Notices notices(std::vector<Noticed> works, const catalog::Licenses& known, const TextOf& text_of);

// The lines of a text that claim a copyright, each once, in order; at most 100.
std::vector<std::string> copyright_lines(std::string_view text);

}  // namespace ostiary::license

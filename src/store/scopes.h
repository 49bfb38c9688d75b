#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::store {

// What a key is good for. Nothing in it grants another part of it: an administrator's key opens the gate only
// where it has `use` too.
struct Scopes {
  bool use = false;                // exchanges, and what concerns the key's owner
  bool read = false;               // everything, to look at
  bool admin = false;              // everything
  bool desk = false;               // everybody's questions, and answering them
  bool inventory = false;          // the uses of the inventory, and keeping them
  std::vector<std::string> teams;  // "team:NAME": that team's keys, limits and exchanges; sorted, each once

  bool operator==(const Scopes&) const = default;
  bool runs_team(std::string_view team) const;
  std::vector<std::string> words()
      const;  // "admin", "desk", "inventory", "read", "team:blue", "use": sorted as they stand here
};

// `invalid` names what a scope may be, and never repeats the word. None at all is `invalid` too.
Result<Scopes> parse_scopes(const std::vector<std::string>& words);

}  // namespace ostiary::store

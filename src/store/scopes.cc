#include "store/scopes.h"

#include <algorithm>

#include "store/key_form.h"

namespace ostiary::store {

namespace {
constexpr std::string_view kTeam = "team:";
}

bool Scopes::runs_team(std::string_view team) const {
  return std::ranges::find(teams, team) != teams.end();
}

std::vector<std::string> Scopes::words() const {
  std::vector<std::string> words;
  if (admin) words.emplace_back("admin");
  if (desk) words.emplace_back("desk");
  if (inventory) words.emplace_back("inventory");
  if (read) words.emplace_back("read");
  for (const auto& team : teams) words.push_back(std::string(kTeam) + team);
  if (use) words.emplace_back("use");
  return words;
}

Result<Scopes> parse_scopes(const std::vector<std::string>& words) {
  Scopes scopes;
  for (const auto& word : words) {
    if (word == "use")
      scopes.use = true;
    else if (word == "read")
      scopes.read = true;
    else if (word == "admin")
      scopes.admin = true;
    else if (word == "desk")
      scopes.desk = true;
    else if (word == "inventory")
      scopes.inventory = true;
    else if (word.starts_with(kTeam) && check_key_owner(word.substr(kTeam.size()), "anybody"))
      scopes.teams.push_back(word.substr(kTeam.size()));
    else
      return fail(Code::invalid, "a scope is admin, desk, inventory, read, use or team:NAME");
  }
  std::ranges::sort(scopes.teams);
  const auto twice = std::ranges::unique(scopes.teams);
  scopes.teams.erase(twice.begin(), twice.end());
  if (scopes == Scopes{})
    return fail(Code::invalid, "a key needs a scope: admin, desk, inventory, read, use or team:NAME");
  return scopes;
}

}  // namespace ostiary::store

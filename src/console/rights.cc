#include "console/rights.h"

#include <algorithm>

namespace ostiary::console {

std::string_view name(Need need) {
  switch (need) {
    case Need::nobody:
      return "none";
    case Need::invited:
      return "invitation";
    case Need::watch:
      return "read or admin; none where telemetry.metrics_open says so";
    case Need::key:
      return "any";
    case Need::see_team:
      return "team, read or admin";
    case Need::run_team:
      return "team or admin";
    case Need::read:
      return "read or admin";
    case Need::see_desk:
      return "desk, read or admin";
    case Need::answer:
      return "desk or admin";
    case Need::see_inventory:
      return "inventory, read or admin";
    case Need::keep_inventory:
      return "inventory or admin";
    case Need::admin:
      break;
  }
  return "admin";
}

Rights::Rights(const gateway::SideRequest& request) : local_(request.local) {
  if (!request.caller) return;
  key_ = &*request.caller;
  scopes_ = key_->scopes;
}

bool Rights::may(Need need) const {
  switch (need) {
    case Need::nobody:
    case Need::invited:
    case Need::watch:
      return true;
    case Need::key:
      return known();
    case Need::see_team:
      return sees_all() || !scopes_.teams.empty();
    case Need::run_team:
      return runs_all() || !scopes_.teams.empty();
    case Need::read:
      return sees_all();
    case Need::see_desk:
      return sees_all() || answers();
    case Need::answer:
      return answers();
    case Need::see_inventory:
      return sees_all() || keeps_inventory();
    case Need::keep_inventory:
      return keeps_inventory();
    case Need::admin:
      break;
  }
  return runs_all();
}

bool Rights::may_grant(const store::Scopes& scopes) const {
  if (runs_all()) return true;
  return !scopes.admin && !scopes.read && !scopes.desk && !scopes.inventory &&
         std::ranges::all_of(scopes.teams, [this](const auto& team) { return scopes_.runs_team(team); });
}

}  // namespace ostiary::console

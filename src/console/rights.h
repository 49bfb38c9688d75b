#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/side_door.h"
#include "store/scopes.h"

namespace ostiary::console {

// What a caller must hold to be heard.
enum class Need : std::uint8_t {
  nobody,         // no key is asked for
  invited,        // a key or an invitation; the operation looks for itself
  watch,          // admin or read, and where the gate is open to that, nobody; the operation looks for itself
  key,            // any good key: what concerns its owner
  see_team,       // admin, read, or a team: what it is shown is that team's
  run_team,       // admin, or that team
  read,           // admin or read
  see_desk,       // admin, read or desk
  answer,         // admin or desk
  see_inventory,  // admin, read or inventory
  keep_inventory,  // admin or inventory
  admin,
};
std::string_view name(Need need);

// Who asks, and what for.
class Rights {
 public:
  Rights() = default;
  explicit Rights(const gateway::SideRequest& request);

  bool known() const { return local_ || key_; }
  bool may(Need need) const;
  bool sees_all() const { return local_ || scopes_.admin || scopes_.read; }
  bool runs_all() const { return local_ || scopes_.admin; }
  bool answers() const { return local_ || scopes_.admin || scopes_.desk; }  // questions of the desk
  bool keeps_inventory() const { return local_ || scopes_.admin || scopes_.inventory; }
  bool sees_team(std::string_view team) const { return sees_all() || scopes_.runs_team(team); }
  bool runs_team(std::string_view team) const { return runs_all() || scopes_.runs_team(team); }
  const std::vector<std::string>& teams() const { return scopes_.teams; }
  // Whether they may hand these out: nobody gives more than they have.
  bool may_grant(const store::Scopes& scopes) const;

  const store::KeyEntry* key() const { return key_; }  // null: by the control socket
  // For the ledger: a key's id, "local", or "nobody" where there was no key.
  std::string actor() const { return key_ ? key_->id : local_ ? "local" : "nobody"; }
  // As actor(), but the same for a key and those renewed from it.
  std::string line() const { return key_ ? key_->origin : actor(); }

 private:
  bool local_ = false;
  const store::KeyEntry* key_ = nullptr;
  store::Scopes scopes_;
};

}  // namespace ostiary::console

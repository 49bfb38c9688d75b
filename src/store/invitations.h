#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace ostiary::store {

// With its text whoever holds it makes a key for the team, so many times and so long. Only SHA-256 of the
// text's 32 secret bytes is kept.
struct Invitation {
  std::string id;  // 8 characters of [0-9A-Za-z]
  std::string team;
  std::uint32_t uses = 1, used = 0;
  WallMs created = 0, expires = 0;
  std::optional<WallMs> withdrawn;

  bool open_at(WallMs now) const { return !withdrawn && used < uses && now < expires; }
};

struct NewInvitation {
  Secret text;  // ost_inv_…, shown once
  Invitation entry;
};

// The invitations in a store (its SQLite file, which open_sqlite() has brought to the schema of now). One
// thread at a time.
class Invitations {
 public:
  explicit Invitations(std::string path);
  ~Invitations();

  Result<NewInvitation> invite(std::string_view team, std::uint32_t uses, WallMs expires, WallMs now);
  Result<std::vector<Invitation>> of_team(std::string_view team);  // by the time they were made
  // `not_found` where the team has none of that id, `exists` where it was withdrawn before.
  Result<Invitation> withdraw(std::string_view team, std::string_view id, WallMs now);
  // Takes one use. `denied`, in the same words whatever is wrong with it.
  Result<Invitation> take(std::string_view text, WallMs now);
  Result<> give_back(std::string_view id);  // a use that came to nothing

 private:
  struct Connection;
  Result<Connection*> connection();
  const std::string path_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace ostiary::store

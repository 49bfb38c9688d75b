#include "store/invitations.h"

#include <fmt/format.h>

#include "store/impl/keys.h"
#include "store/impl/sqlite.h"

namespace ostiary::store {

namespace {

constexpr std::string_view kSelect =
    "SELECT id, team, uses, used, created, expires, withdrawn FROM invitations ";

Invitation read(const Statement& row) {
  Invitation entry;
  entry.id = row.text(0);
  entry.team = row.text(1);
  entry.uses = static_cast<std::uint32_t>(row.number(2));
  entry.used = static_cast<std::uint32_t>(row.number(3));
  entry.created = row.number(4);
  entry.expires = row.number(5);
  if (!row.is_null(6)) entry.withdrawn = row.number(6);
  return entry;
}

}  // namespace

struct Invitations::Connection {
  Database db;
};

Invitations::Invitations(std::string path) : path_(std::move(path)) {}
Invitations::~Invitations() = default;

Result<Invitations::Connection*> Invitations::connection() {
  if (!connection_) {
    TRY(auto db, Database::open(path_));
    connection_ = std::make_unique<Connection>(std::move(db));
  }
  return connection_.get();
}

Result<NewInvitation> Invitations::invite(std::string_view team, std::uint32_t uses, WallMs expires,
                                          WallMs now) {
  TRY(auto* const open, connection());
  auto made = make_invitation(random_key());
  const auto id = random_base62(8);
  TRY_VOID(open->db
               .prepare("INSERT INTO invitations (id, team, secret_sha256, uses, used, created, expires) "
                        "VALUES (?, ?, ?, ?, 0, ?, ?)")
               .bind(id)
               .bind(team)
               .bind(made.secret_sha256)
               .bind(std::int64_t{uses})
               .bind(now)
               .bind(expires)
               .run());
  return NewInvitation{std::move(made.text), {id, std::string(team), uses, 0, now, expires, {}}};
}

Result<std::vector<Invitation>> Invitations::of_team(std::string_view team) {
  TRY(auto* const open, connection());
  std::vector<Invitation> all;
  auto rows = open->db.prepare(std::string(kSelect) + "WHERE team = ? ORDER BY created, id");
  rows.bind(team);
  while (rows.step()) all.push_back(read(rows));
  TRY_VOID(rows.end());
  return all;
}

Result<Invitation> Invitations::withdraw(std::string_view team, std::string_view id, WallMs now) {
  TRY(auto* const open, connection());
  TRY_VOID(
      open->db.prepare("UPDATE invitations SET withdrawn = ? WHERE team = ? AND id = ? AND withdrawn IS NULL")
          .bind(now)
          .bind(team)
          .bind(id)
          .run());
  const bool changed = open->db.changes() > 0;
  auto row = open->db.prepare(std::string(kSelect) + "WHERE team = ? AND id = ?");
  if (!row.bind(team).bind(id).step()) {
    TRY_VOID(row.end());
    return fail(Code::not_found, "the team has no such invitation");
  }
  if (!changed) return fail(Code::exists, "the invitation was withdrawn before");
  return read(row);
}

Result<Invitation> Invitations::take(std::string_view text, WallMs now) {
  const auto secret = parse_invitation(text);
  constexpr std::string_view refusal = "the invitation is not good (any more); ask for a new one";
  if (!secret) return fail(Code::denied, std::string(refusal));
  TRY(auto* const open, connection());
  TRY_VOID(open->db
               .prepare("UPDATE invitations SET used = used + 1 WHERE secret_sha256 = ? AND used < uses AND "
                        "expires > ? AND withdrawn IS NULL")
               .bind(*secret)
               .bind(now)
               .run());
  if (open->db.changes() == 0) return fail(Code::denied, std::string(refusal));
  auto row = open->db.prepare(std::string(kSelect) + "WHERE secret_sha256 = ?");
  if (row.bind(*secret).step()) return read(row);
  TRY_VOID(row.end());
  return fail(Code::denied, std::string(refusal));
}

Result<> Invitations::give_back(std::string_view id) {
  TRY(auto* const open, connection());
  return open->db.prepare("UPDATE invitations SET used = used - 1 WHERE id = ? AND used > 0").bind(id).run();
}

}  // namespace ostiary::store

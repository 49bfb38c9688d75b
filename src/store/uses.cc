#include "store/uses.h"

#include <fmt/format.h>

#include "store/impl/sqlite.h"

namespace ostiary::store {

namespace {

constexpr std::string_view kSelect = "SELECT id, revision, owner, details, created, changed FROM uses ";

StoredUse read(const Statement& row) {
  return {.id = row.text(0),
          .revision = static_cast<std::uint64_t>(row.number(1)),
          .owner = row.text(2),
          .details = row.text(3),
          .created = row.number(4),
          .changed = row.number(5)};
}

std::unexpected<Error> none(std::string_view id) {
  return fail(Code::not_found, fmt::format("there is no use {}", id));
}

std::unexpected<Error> changed_meanwhile(std::string_view id, std::uint64_t revision) {
  return fail(Code::exists,
              fmt::format("the use {} was changed meanwhile: it is at revision {}", id, revision));
}

class SqliteUses final : public Uses {
 public:
  explicit SqliteUses(std::string path) : path_(std::move(path)) {}

  Result<> write(std::span<const StoredUse> uses, const Confirm& confirm) override;
  Result<> remove(std::string_view id, std::uint64_t revision, const Confirm& confirm) override;
  Result<StoredUse> find(std::string_view id) override;
  Result<std::vector<StoredUse>> all() override;
  Result<std::optional<std::string>> mapping(std::string_view heading) override;
  Result<> remember_mapping(std::string_view heading, std::string_view json, WallMs now) override;

 private:
  Result<Database*> open();
  Result<> write_one(Database& db, const StoredUse& use);

  const std::string path_;
  std::optional<Database> db_;
};

Result<Database*> SqliteUses::open() {
  if (!db_) {
    TRY(auto db, Database::open(path_));
    TRY_VOID(db.run("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL"));
    db_ = std::move(db);
  }
  return &*db_;
}

Result<> SqliteUses::write_one(Database& db, const StoredUse& use) {
  const auto revision = static_cast<std::int64_t>(use.revision);
  if (use.revision == 1)
    return db
        .prepare(
            "INSERT INTO uses (id, revision, owner, details, created, changed) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(use.id)
        .bind(revision)
        .bind(use.owner)
        .bind(use.details)
        .bind(use.created)
        .bind(use.changed)
        .run();
  TRY_VOID(
      db.prepare("UPDATE uses SET revision = ?1, owner = ?2, details = ?3, changed = ?4 WHERE id = ?5 AND "
                 "revision = ?1 - 1")
          .bind(revision)
          .bind(use.owner)
          .bind(use.details)
          .bind(use.changed)
          .bind(use.id)
          .run());
  if (db.changes() == 1) return {};
  TRY(const auto there, find(use.id));
  return changed_meanwhile(use.id, there.revision);
}

Result<> SqliteUses::write(std::span<const StoredUse> uses, const Confirm& confirm) {
  TRY(auto* const db, open());
  TRY(auto transaction, Transaction::begin(*db));
  for (const auto& use : uses) TRY_VOID(write_one(*db, use));
  if (confirm) TRY_VOID(confirm());
  return transaction.commit();
}

Result<> SqliteUses::remove(std::string_view id, std::uint64_t revision, const Confirm& confirm) {
  TRY(auto* const db, open());
  TRY(auto transaction, Transaction::begin(*db));
  TRY(const auto there, find(id));
  if (there.revision != revision) return changed_meanwhile(id, there.revision);
  TRY_VOID(db->prepare("DELETE FROM uses WHERE id = ?").bind(id).run());
  if (confirm) TRY_VOID(confirm());
  return transaction.commit();
}

Result<StoredUse> SqliteUses::find(std::string_view id) {
  TRY(auto* const db, open());
  auto row = db->prepare(std::string(kSelect) + "WHERE id = ?");
  if (row.bind(id).step()) return read(row);
  TRY_VOID(row.end());
  return none(id);
}

Result<std::vector<StoredUse>> SqliteUses::all() {
  TRY(auto* const db, open());
  std::vector<StoredUse> out;
  auto rows = db->prepare(std::string(kSelect) + "ORDER BY id");
  while (rows.step()) out.push_back(read(rows));
  TRY_VOID(rows.end());
  return out;
}

Result<std::optional<std::string>> SqliteUses::mapping(std::string_view heading) {
  TRY(auto* const db, open());
  auto row = db->prepare("SELECT columns FROM use_columns WHERE heading = ?");
  if (row.bind(heading).step()) return row.text(0);
  TRY_VOID(row.end());
  return std::nullopt;
}

Result<> SqliteUses::remember_mapping(std::string_view heading, std::string_view json, WallMs now) {
  TRY(auto* const db, open());
  return db->prepare("INSERT OR REPLACE INTO use_columns (heading, columns, at) VALUES (?, ?, ?)")
      .bind(heading)
      .bind(json)
      .bind(now)
      .run();
}

}  // namespace

std::unique_ptr<Uses> open_uses(std::string path) {
  return std::make_unique<SqliteUses>(std::move(path));
}

}  // namespace ostiary::store

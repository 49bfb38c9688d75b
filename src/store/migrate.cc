#include "store/impl/migrate.h"

#include <algorithm>
#include <fmt/format.h>

namespace ostiary::store {

Result<> migrate(Database& db, const Schema& schema) {
  TRY(const auto application, db.pragma("application_id"));
  TRY(const auto version, db.pragma("user_version"));
  TRY(const auto shape, db.pragma("schema_version"));
  const bool fresh = application == 0 && version == 0 && shape == 0;
  if (application != schema.application_id && !fresh)
    return fail(
        Code::invalid,
        fmt::format("the file is a database, but not {} of ostiary; name another data folder", schema.name),
        db.path());
  const auto known = static_cast<std::int64_t>(schema.migrations.size());
  if (version > known)
    return fail(Code::newer,
                fmt::format("the file has schema {} and this ostiary knows {}: use the newer ostiary",
                            version, known),
                db.path());
  TRY_VOID(db.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; " + std::string(schema.pragmas)));
  if (version == known) return {};
  TRY(auto transaction, Transaction::begin(db));
  for (auto step = std::max<std::int64_t>(version, 0); step < known; ++step)
    TRY_VOID(db.run(schema.migrations[static_cast<std::size_t>(step)]));
  TRY_VOID(db.run(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", schema.application_id, known)));
  return transaction.commit();
}

}  // namespace ostiary::store

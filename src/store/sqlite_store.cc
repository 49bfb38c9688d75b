#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "store/impl/keys.h"
#include "store/impl/migrate.h"
#include "store/impl/sqlite.h"
#include "store/store.h"

namespace ostiary::store {

namespace {

constexpr std::int64_t kApplicationId = 0x4f535459;  // "OSTY"

// Step i takes a schema from version i to i + 1. Steps that have been released are never changed.
constexpr std::array kMigrations = std::to_array<const char*>({
    R"(CREATE TABLE subjects (
         subject TEXT PRIMARY KEY,
         user TEXT UNIQUE               -- null once erased
       ) WITHOUT ROWID;
       CREATE TABLE keys (
         id TEXT PRIMARY KEY,
         team TEXT NOT NULL,
         subject TEXT NOT NULL REFERENCES subjects (subject),
         secret_sha256 BLOB NOT NULL,
         created INTEGER NOT NULL,      -- milliseconds since 1970, as all times here
         revoked INTEGER
       ) WITHOUT ROWID;
       CREATE TABLE responses (
         id TEXT PRIMARY KEY,
         service TEXT NOT NULL,
         at INTEGER NOT NULL
       ) WITHOUT ROWID;
       CREATE INDEX responses_at ON responses (at);)",
    R"(ALTER TABLE responses ADD COLUMN subject TEXT NOT NULL DEFAULT '';)",
    R"(CREATE TABLE limits (
         scope TEXT NOT NULL,           -- key or team
         name TEXT NOT NULL,            -- empty: each of them
         json TEXT NOT NULL,
         PRIMARY KEY (scope, name)
       ) WITHOUT ROWID;)",
    R"(ALTER TABLE keys ADD COLUMN scopes TEXT NOT NULL DEFAULT 'use';  -- one a line
       ALTER TABLE keys ADD COLUMN expires INTEGER;
       CREATE TABLE invitations (
         id TEXT PRIMARY KEY,
         team TEXT NOT NULL,
         secret_sha256 BLOB NOT NULL UNIQUE,
         uses INTEGER NOT NULL,
         used INTEGER NOT NULL,
         created INTEGER NOT NULL,
         expires INTEGER NOT NULL,
         withdrawn INTEGER
       ) WITHOUT ROWID;)",
    // Whose responses an older schema kept is known where the subject has been in one team only.
    R"(ALTER TABLE keys ADD COLUMN origin TEXT NOT NULL DEFAULT '';  -- the first key of its line
       UPDATE keys SET origin = id;
       ALTER TABLE responses ADD COLUMN team TEXT NOT NULL DEFAULT '';
       UPDATE responses SET team = (SELECT min(k.team) FROM keys k WHERE k.subject = responses.subject)
         WHERE (SELECT count(DISTINCT k.team) FROM keys k WHERE k.subject = responses.subject) = 1;)",
    R"(CREATE TABLE false_alarms (
         fingerprint TEXT PRIMARY KEY,
         because TEXT NOT NULL,
         subject TEXT NOT NULL,         -- who marked it
         team TEXT NOT NULL,
         marked INTEGER NOT NULL,
         state TEXT NOT NULL,           -- open, accepted or rejected
         reviewer TEXT NOT NULL,
         said TEXT NOT NULL,
         decided INTEGER,
         until INTEGER
       ) WITHOUT ROWID;
       CREATE INDEX false_alarms_subject ON false_alarms (subject, state);)",
    // 1: was revoked, and the ledger does not say so yet.
    R"(ALTER TABLE keys ADD COLUMN unrecorded INTEGER NOT NULL DEFAULT 0;)",
    R"(CREATE TABLE hook_events (
         number INTEGER PRIMARY KEY AUTOINCREMENT,
         hook TEXT NOT NULL,
         id TEXT NOT NULL,
         type TEXT NOT NULL,
         at INTEGER NOT NULL,
         body TEXT NOT NULL,
         attempts INTEGER NOT NULL DEFAULT 0,
         since INTEGER NOT NULL,
         error TEXT NOT NULL DEFAULT '',
         dead INTEGER,                  -- when it was given up; null while it waits
         UNIQUE (hook, id)
       );
       CREATE INDEX hook_events_order ON hook_events (hook, dead, number);
       CREATE TABLE hook_gaps (
         hook TEXT PRIMARY KEY,
         events INTEGER NOT NULL,
         first INTEGER NOT NULL,
         last INTEGER NOT NULL
       ) WITHOUT ROWID;
       CREATE TABLE hook_positions (
         source TEXT PRIMARY KEY,
         next INTEGER NOT NULL
       ) WITHOUT ROWID;
       CREATE TABLE hook_seen (
         number INTEGER PRIMARY KEY AUTOINCREMENT,
         source TEXT NOT NULL,
         id TEXT NOT NULL,
         at INTEGER NOT NULL,
         UNIQUE (source, id)
       );
       CREATE INDEX hook_seen_order ON hook_seen (source, number);
       CREATE TABLE hook_origins (
         origin TEXT PRIMARY KEY,
         question TEXT NOT NULL,
         at INTEGER NOT NULL
       ) WITHOUT ROWID;)",
    R"(CREATE TABLE questions (
         number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice
         state TEXT NOT NULL,
         origin TEXT NOT NULL,
         asker TEXT NOT NULL,
         team TEXT NOT NULL,
         text TEXT NOT NULL,
         what_for TEXT NOT NULL,
         title TEXT NOT NULL,
         link TEXT NOT NULL,
         salt TEXT NOT NULL,
         fingerprint TEXT NOT NULL,
         request TEXT NOT NULL,
         topic TEXT NOT NULL,
         clause TEXT NOT NULL,
         clause_digest TEXT NOT NULL,
         lane TEXT NOT NULL,
         owner TEXT NOT NULL,
         precedent TEXT NOT NULL,
         details TEXT NOT NULL,         -- JSON
         times INTEGER NOT NULL,
         created INTEGER NOT NULL,
         touched INTEGER NOT NULL,
         asked INTEGER,
         first_answered INTEGER,
         decided INTEGER,
         expires INTEGER,
         remind INTEGER
       );
       CREATE INDEX questions_state ON questions (state, touched);
       CREATE INDEX questions_asker ON questions (asker, fingerprint);
       CREATE INDEX questions_created ON questions (created);
       CREATE INDEX questions_request ON questions (request) WHERE request <> '';
       CREATE INDEX questions_link ON questions (link) WHERE link <> '';
       CREATE INDEX questions_precedent ON questions (precedent) WHERE precedent <> '';
       CREATE INDEX questions_remind ON questions (remind) WHERE remind IS NOT NULL;
       CREATE TABLE question_answers (
         id INTEGER PRIMARY KEY,
         question INTEGER NOT NULL REFERENCES questions (number) ON DELETE CASCADE,
         at INTEGER NOT NULL,
         by TEXT NOT NULL,
         details TEXT NOT NULL          -- JSON
       );
       CREATE INDEX question_answers_question ON question_answers (question);
       CREATE TABLE question_events (
         id INTEGER PRIMARY KEY,
         question INTEGER NOT NULL REFERENCES questions (number) ON DELETE CASCADE,
         at INTEGER NOT NULL,
         kind TEXT NOT NULL,
         by TEXT NOT NULL,
         note TEXT NOT NULL
       );
       CREATE INDEX question_events_question ON question_events (question);
       CREATE INDEX question_events_by ON question_events (by);)",
    R"(CREATE TABLE uses (
         id TEXT PRIMARY KEY,
         revision INTEGER NOT NULL,
         owner TEXT NOT NULL,           -- of a person too: erased with them
         details TEXT NOT NULL,         -- JSON
         created INTEGER NOT NULL,
         changed INTEGER NOT NULL
       ) WITHOUT ROWID;
       CREATE INDEX uses_owner ON uses (owner);
       CREATE TABLE use_columns (
         heading TEXT PRIMARY KEY,      -- digest of a table's heading
         columns TEXT NOT NULL,         -- JSON: the field that each column is
         at INTEGER NOT NULL
       ) WITHOUT ROWID;)",
    // What was left of questions of people who were erased before: their words within details and topic, and
    // the digests that tell what somebody guesses.
    R"(UPDATE questions SET fingerprint = '', request = '',
         topic = CASE WHEN topic LIKE 'rule %' THEN topic ELSE 'nothing stated' END,
         details = CASE WHEN json_valid(details) THEN json_remove(details, '$.approval_lasts', '$.data_classes',
           '$.deadline', '$.decision', '$.exchange', '$.facts', '$.model', '$.output_use', '$.people_blocked',
           '$.reversible', '$.service', '$.similar', '$.surface', '$.tool') ELSE '{}' END
       WHERE salt = '' AND precedent = '';)",
});

constexpr Schema kSchema{"a store", kApplicationId, kMigrations,
                         "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON"};

constexpr std::string_view kSelectKeys =
    "SELECT k.id, k.team, k.subject, s.user, k.secret_sha256, k.created, k.revoked, k.scopes, k.expires, "
    "k.origin "
    "FROM keys k JOIN subjects s ON s.subject = k.subject ";

KeyEntry read_entry(const Statement& row) {
  KeyEntry entry;
  entry.id = row.text(0);
  entry.team = row.text(1);
  entry.subject = row.text(2);
  entry.user = row.text(3);
  entry.created = row.number(5);
  const auto secret = row.text(4);
  std::copy_n(secret.begin(), std::min(secret.size(), entry.secret_sha256.size()),
              entry.secret_sha256.begin());
  if (!row.is_null(6)) entry.revoked = row.number(6);
  if (!row.is_null(8)) entry.expires = row.number(8);
  entry.origin = row.text(9);
  const auto text = row.text(7);
  std::vector<std::string> words;
  for (const auto word : text::split(text, '\n')) words.emplace_back(word);
  if (auto scopes = parse_scopes(words)) entry.scopes = std::move(*scopes);  // else none: it opens nothing
  return entry;
}

std::string text_of(const Scopes& scopes) {
  return fmt::format("{}", fmt::join(scopes.words(), "\n"));
}

std::unexpected<Error> no_key(std::string_view id) {
  return fail(Code::not_found, fmt::format("there is no key '{}'; `ostiary key list` shows them", id));
}

std::unexpected<Error> revoked_before(const KeyEntry& entry) {
  return fail(Code::exists,
              fmt::format("the key '{}' was revoked before, at {}", entry.id, rfc3339(*entry.revoked)));
}

// What is told of a change that did not reach the disk and was undone.
std::unexpected<Error> not_settled(Error why, const Result<>& undone) {
  if (!undone) why.message += "; nor could it be taken back: " + undone.error().message;
  return std::unexpected(std::move(why));
}

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(Database db) : db_(std::move(db)) {}

  using Store::create_key;
  Result<NewKey> create_key(const KeyWish& wish, WallMs now, const Confirm& confirm) override;
  Result<RenewedKey> renew_key(std::string_view id, WallMs ends, WallMs now,
                               const ConfirmRenewal& confirm) override;
  Result<std::vector<KeyEntry>> keys() override;
  Result<KeyEntry> revoke_key(std::string_view id, WallMs now) override;
  Result<std::vector<KeyEntry>> revoke_line(std::string_view id, WallMs now) override;
  Result<std::vector<KeyEntry>> unrecorded_revocations() override;
  Result<> revocations_recorded() override;
  Result<std::string> subject_of(std::string_view user) override;
  Result<std::optional<std::string>> find_subject(std::string_view user) override;
  Result<bool> has_subject(std::string_view subject) override;
  Result<> erase_subject(std::string_view subject, WallMs now) override;
  Result<> set_limits(const StoredLimits& limits) override;
  Result<> clear_limits(std::string_view scope, std::string_view name) override;
  Result<std::vector<StoredLimits>> limits() override;
  Result<> remember_responses(std::span<const StoredResponse> responses, WallMs now) override;
  Result<std::optional<std::string>> service_of_response(std::string_view response_id) override;
  Result<std::vector<StoredResponse>> recent_responses(WallMs now, WallMs age_ms) override;

 private:
  Result<std::string> find_or_add_subject(std::string_view user);
  Result<std::optional<KeyEntry>> find_key(std::string_view id);
  Result<> erase_questions(std::string_view subject, WallMs now);
  Result<> erase_owner(std::string_view subject);
  Result<> undo_renewal(std::string_view made, const KeyEntry& before);
  // Moves what was written out of the write-ahead log and to the disk, overwriting what was there.
  Result<> settle() { return db_.run("PRAGMA wal_checkpoint(TRUNCATE)"); }

  Result<> wipe();

  Database db_;
};

Result<std::string> SqliteStore::find_or_add_subject(std::string_view user) {
  auto found = db_.prepare("SELECT subject FROM subjects WHERE user = ?");
  if (found.bind(user).step()) return found.text(0);
  TRY_VOID(found.end());
  auto subject = "sub_" + random_base62(20);
  TRY_VOID(db_.prepare("INSERT INTO subjects (subject, user) VALUES (?, ?)").bind(subject).bind(user).run());
  return subject;
}

Result<std::string> SqliteStore::subject_of(std::string_view user) {
  if (user.empty()) return fail(Code::invalid, "a user needs a name");
  return find_or_add_subject(user);
}

Result<NewKey> SqliteStore::create_key(const KeyWish& wish, WallMs now, const Confirm& confirm) {
  if (wish.team.empty() || wish.user.empty()) return fail(Code::invalid, "a key needs a team and a user");
  const auto scopes = text_of(wish.scopes);
  TRY(auto transaction, Transaction::begin(db_));
  TRY(auto subject, find_or_add_subject(wish.user));
  for (;;) {
    const auto id = random_base62(8);
    auto key = make_key(id, random_key());
    auto insert = db_.prepare(
        "INSERT INTO keys (id, team, subject, secret_sha256, created, scopes, expires, origin) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?1)");
    insert.bind(id).bind(wish.team).bind(subject).bind(key.secret_sha256).bind(now).bind(scopes);
    const auto added = insert.bind(wish.expires).run();
    if (!added && added.error().code == Code::exists) continue;  // the id is taken
    if (!added) return std::unexpected(added.error());
    NewKey made{
        std::move(key.text),
        {id, wish.team, subject, wish.user, key.secret_sha256, now, {}, wish.expires, wish.scopes, id}};
    if (confirm) TRY_VOID(confirm(made.entry));
    TRY_VOID(transaction.commit());
    if (auto settled = settle(); !settled) {
      return not_settled(settled.error(), db_.prepare("DELETE FROM keys WHERE id = ?").bind(id).run());
    }
    return made;
  }
}

Result<RenewedKey> SqliteStore::renew_key(std::string_view id, WallMs ends, WallMs now,
                                          const ConfirmRenewal& confirm) {
  TRY(auto transaction, Transaction::begin(db_));
  TRY(const auto before, find_key(id));
  if (!before || !before->valid_at(now))
    return fail(Code::not_found, fmt::format("there is no valid key '{}'", id));
  for (;;) {
    const auto new_id = random_base62(8);
    auto key = make_key(new_id, random_key());
    const auto added = db_.prepare(
                              "INSERT INTO keys (id, team, subject, secret_sha256, created, scopes, expires, "
                              "origin) SELECT ?, team, subject, ?, ?, scopes, expires, origin FROM keys "
                              "WHERE id = ?")
                           .bind(new_id)
                           .bind(key.secret_sha256)
                           .bind(now)
                           .bind(id)
                           .run();
    if (!added && added.error().code == Code::exists) continue;  // the id is taken
    if (!added) return std::unexpected(added.error());
    TRY_VOID(db_.prepare("UPDATE keys SET expires = min(coalesce(expires, ?1), ?1) WHERE id = ?2")
                 .bind(ends)
                 .bind(id)
                 .run());
    TRY(auto made, find_key(new_id));
    TRY(auto ending, find_key(id));
    if (confirm) TRY_VOID(confirm(*made, *ending));
    TRY_VOID(transaction.commit());
    if (auto settled = settle(); !settled) {
      return not_settled(settled.error(), undo_renewal(new_id, *before));
    }
    return RenewedKey{{std::move(key.text), std::move(*made)}, std::move(*ending)};
  }
}

Result<> SqliteStore::undo_renewal(std::string_view made, const KeyEntry& before) {
  TRY(auto transaction, Transaction::begin(db_));
  TRY_VOID(db_.prepare("DELETE FROM keys WHERE id = ?").bind(made).run());
  TRY_VOID(
      db_.prepare("UPDATE keys SET expires = ? WHERE id = ?").bind(before.expires).bind(before.id).run());
  return transaction.commit();
}

Result<std::vector<KeyEntry>> SqliteStore::keys() {
  std::vector<KeyEntry> entries;
  auto rows = db_.prepare(std::string(kSelectKeys) + "ORDER BY k.created, k.id");
  while (rows.step()) entries.push_back(read_entry(rows));
  TRY_VOID(rows.end());
  return entries;
}

Result<std::optional<KeyEntry>> SqliteStore::find_key(std::string_view id) {
  auto row = db_.prepare(std::string(kSelectKeys) + "WHERE k.id = ?");
  if (row.bind(id).step()) return read_entry(row);
  TRY_VOID(row.end());
  return std::nullopt;
}

Result<KeyEntry> SqliteStore::revoke_key(std::string_view id, WallMs now) {
  TRY(auto transaction, Transaction::begin(db_));
  TRY(auto entry, find_key(id));
  if (!entry) return no_key(id);
  if (entry->revoked) return revoked_before(*entry);
  TRY_VOID(db_.prepare("UPDATE keys SET revoked = ?, unrecorded = 1 WHERE id = ?").bind(now).bind(id).run());
  TRY_VOID(transaction.commit());
  TRY_VOID(settle());
  entry->revoked = now;
  return std::move(*entry);
}

Result<std::vector<KeyEntry>> SqliteStore::revoke_line(std::string_view id, WallMs now) {
  TRY(auto transaction, Transaction::begin(db_));
  TRY(const auto named, find_key(id));
  if (!named) return no_key(id);
  std::vector<KeyEntry> revoked;
  auto rows = db_.prepare(std::string(kSelectKeys) +
                          "WHERE k.origin = ? AND k.revoked IS NULL ORDER BY k.created, k.id");
  rows.bind(named->origin);
  while (rows.step()) revoked.push_back(read_entry(rows));
  TRY_VOID(rows.end());
  if (revoked.empty()) return revoked_before(*named);
  TRY_VOID(db_.prepare("UPDATE keys SET revoked = ?, unrecorded = 1 WHERE origin = ? AND revoked IS NULL")
               .bind(now)
               .bind(named->origin)
               .run());
  TRY_VOID(transaction.commit());
  TRY_VOID(settle());
  for (auto& entry : revoked) entry.revoked = now;
  return revoked;
}

Result<std::vector<KeyEntry>> SqliteStore::unrecorded_revocations() {
  std::vector<KeyEntry> owed;
  auto rows = db_.prepare(std::string(kSelectKeys) + "WHERE k.unrecorded = 1 ORDER BY k.created, k.id");
  while (rows.step()) owed.push_back(read_entry(rows));
  TRY_VOID(rows.end());
  return owed;
}

Result<> SqliteStore::revocations_recorded() {
  return db_.run("UPDATE keys SET unrecorded = 0 WHERE unrecorded = 1");
}

Result<std::optional<std::string>> SqliteStore::find_subject(std::string_view user) {
  auto row = db_.prepare("SELECT subject FROM subjects WHERE user = ?");
  if (row.bind(user).step()) return row.text(0);
  TRY_VOID(row.end());
  return std::nullopt;
}

Result<bool> SqliteStore::has_subject(std::string_view subject) {
  auto row = db_.prepare("SELECT 1 FROM subjects WHERE subject = ?");
  const bool there = row.bind(subject).step();
  TRY_VOID(row.end());
  return there;
}

Result<> SqliteStore::erase_subject(std::string_view subject, WallMs now) {
  TRY(auto transaction, Transaction::begin(db_));
  TRY_VOID(db_.prepare("UPDATE keys SET revoked = ? WHERE subject = ? AND revoked IS NULL")
               .bind(now)
               .bind(subject)
               .run());
  TRY_VOID(erase_owner(subject));
  TRY_VOID(db_.prepare("UPDATE subjects SET user = NULL WHERE subject = ?").bind(subject).run());
  if (db_.changes() == 0) return fail(Code::not_found, fmt::format("there is no subject '{}'", subject));
  TRY_VOID(erase_questions(subject, now));
  TRY_VOID(transaction.commit());
  return wipe();
}

// Uses whose owner goes by the name that is erased have none from then on.
Result<> SqliteStore::erase_owner(std::string_view subject) {
  return db_
      .prepare(
          "UPDATE uses SET owner = '', revision = revision + 1 WHERE owner <> '' AND owner = (SELECT user "
          "FROM "
          "subjects WHERE subject = ?)")
      .bind(subject)
      .run();
}

// What they wrote, and what else tells of it; what was decided stays. A precedent is the organisation's, and
// what it is about stays with it. What they still wait for is nobody's question any more.
Result<> SqliteStore::erase_questions(std::string_view subject, WallMs now) {
  TRY_VOID(db_.prepare("UPDATE questions SET text = '', what_for = '', link = '', salt = '' WHERE asker = ?")
               .bind(subject)
               .run());
  TRY_VOID(
      db_.prepare(
             "UPDATE questions SET fingerprint = '', request = '', "
             "topic = CASE WHEN topic LIKE 'rule %' THEN topic ELSE 'nothing stated' END, "
             "details = CASE WHEN json_valid(details) THEN json_remove(details, '$.approval_lasts', "
             "'$.data_classes', '$.deadline', '$.decision', '$.exchange', '$.facts', '$.model', "
             "'$.output_use', '$.people_blocked', '$.reversible', '$.service', '$.similar', '$.surface', "
             "'$.tool') ELSE '{}' END WHERE asker = ? AND precedent = ''")
          .bind(subject)
          .run());
  TRY_VOID(db_.prepare("UPDATE question_events SET note = '' WHERE by = ?").bind(subject).run());
  TRY_VOID(db_.prepare("INSERT INTO question_events (question, at, kind, by, note) SELECT number, ?, "
                       "'withdrawn', 'desk', '' FROM questions WHERE asker = ? AND state IN ('open', "
                       "'waiting-for-asker')")
               .bind(now)
               .bind(subject)
               .run());
  // What still waits to be delivered holds their questions as they were.
  TRY_VOID(db_.prepare("DELETE FROM hook_events WHERE type LIKE 'question.%' AND instr(body, ?) > 0")
               .bind("\"asker\":\"" + std::string(subject) + "\"")
               .run());
  TRY_VOID(
      db_.prepare("DELETE FROM hook_origins WHERE question IN (SELECT 'Q-' || number FROM questions WHERE "
                  "asker = ?)")
          .bind(subject)
          .run());
  return db_
      .prepare(
          "UPDATE questions SET state = 'withdrawn', remind = NULL WHERE asker = ? AND state IN "
          "('offered', 'open', 'waiting-for-asker')")
      .bind(subject)
      .run();
}

// secure_delete clears the cell, but pages that were split keep copies of what moved out of them: only new
// pages have none.
Result<> SqliteStore::wipe() {
  TRY_VOID(db_.run("VACUUM"));
  TRY(const auto busy, db_.pragma("wal_checkpoint(TRUNCATE)"));
  if (busy != 0)
    return fail(Code::unavailable,
                "somebody else reads the store, so that what was erased is still in its "
                "write-ahead log; try again",
                db_.path());
  return {};
}

Result<> SqliteStore::set_limits(const StoredLimits& limits) {
  if (limits.scope != "key" && limits.scope != "team")
    return fail(Code::invalid, "limits are of a key or of a team");
  TRY_VOID(db_.prepare("INSERT INTO limits (scope, name, json) VALUES (?, ?, ?) "
                       "ON CONFLICT (scope, name) DO UPDATE SET json = excluded.json")
               .bind(limits.scope)
               .bind(limits.name)
               .bind(limits.json)
               .run());
  return settle();
}

Result<> SqliteStore::clear_limits(std::string_view scope, std::string_view name) {
  TRY_VOID(db_.prepare("DELETE FROM limits WHERE scope = ? AND name = ?").bind(scope).bind(name).run());
  if (db_.changes() == 0)
    return fail(Code::not_found, fmt::format("no limits are set for the {} '{}'", scope, name));
  return settle();
}

Result<std::vector<StoredLimits>> SqliteStore::limits() {
  std::vector<StoredLimits> all;
  auto rows = db_.prepare("SELECT scope, name, json FROM limits ORDER BY scope, name");
  while (rows.step()) all.emplace_back(rows.text(0), rows.text(1), rows.text(2));
  TRY_VOID(rows.end());
  return all;
}

Result<> SqliteStore::remember_responses(std::span<const StoredResponse> responses, WallMs now) {
  TRY(auto transaction, Transaction::begin(db_));
  for (const auto& response : responses)
    TRY_VOID(db_.prepare("INSERT INTO responses (id, service, team, subject, at) VALUES (?, ?, ?, ?, ?) "
                         "ON CONFLICT (id) DO UPDATE SET service = excluded.service, "
                         "team = excluded.team, subject = excluded.subject, at = excluded.at")
                 .bind(response.id)
                 .bind(response.service)
                 .bind(response.team)
                 .bind(response.subject)
                 .bind(now)
                 .run());
  return transaction.commit();
}

Result<std::optional<std::string>> SqliteStore::service_of_response(std::string_view response_id) {
  auto row = db_.prepare("SELECT service FROM responses WHERE id = ?");
  if (row.bind(response_id).step()) return row.text(0);
  TRY_VOID(row.end());
  return std::nullopt;
}

Result<std::vector<StoredResponse>> SqliteStore::recent_responses(WallMs now, WallMs age_ms) {
  TRY_VOID(db_.prepare("DELETE FROM responses WHERE at < ?").bind(now - age_ms).run());
  std::vector<StoredResponse> responses;
  auto rows = db_.prepare("SELECT id, service, team, subject FROM responses ORDER BY at, id");
  while (rows.step()) responses.emplace_back(rows.text(0), rows.text(1), rows.text(2), rows.text(3));
  TRY_VOID(rows.end());
  return responses;
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::string& path) {
  TRY(auto db, Database::open(path));
  TRY_VOID(migrate(db, kSchema));
  return std::make_unique<SqliteStore>(std::move(db));
}

}  // namespace ostiary::store

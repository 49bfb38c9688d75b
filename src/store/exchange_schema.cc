#include "store/impl/exchange_schema.h"

#include <algorithm>
#include <array>

namespace ostiary::store {

namespace {

// Steps that have been released are never changed. A step may as well drop everything and make it anew with
// `position` at 0: the table is filled from the ledger again.
constexpr std::array kMigrations = std::to_array<const char*>({
    R"(CREATE TABLE facets (
         id INTEGER PRIMARY KEY,
         hash BLOB NOT NULL UNIQUE,     -- of all texts
         subject TEXT NOT NULL, team TEXT NOT NULL, key TEXT NOT NULL, tool TEXT NOT NULL,
         endpoint TEXT NOT NULL, service TEXT NOT NULL, provider TEXT NOT NULL, surface TEXT NOT NULL,
         model TEXT NOT NULL, effect TEXT NOT NULL, mode TEXT NOT NULL, outcome TEXT NOT NULL,
         last BLOB NOT NULL             -- id that no exchange of it is beyond
       );
       CREATE INDEX facets_subject ON facets (subject);
       CREATE INDEX facets_team ON facets (team);
       CREATE INDEX facets_key ON facets (key);
       CREATE INDEX facets_service ON facets (service);
       CREATE INDEX facets_model ON facets (model);
       CREATE TABLE exchanges (
         id BLOB PRIMARY KEY,
         facet INTEGER NOT NULL,
         at INTEGER NOT NULL,           -- milliseconds since 1970
         error TEXT,
         status INTEGER NOT NULL, attempts INTEGER NOT NULL,
         stream INTEGER NOT NULL, estimated INTEGER NOT NULL,
         input INTEGER, output INTEGER, cached INTEGER, cost_nano INTEGER,
         decided INTEGER, connected INTEGER, first_byte INTEGER, total INTEGER,
         request_bytes INTEGER NOT NULL, response_bytes INTEGER NOT NULL,
         intent_index INTEGER, outcome_index INTEGER
       ) WITHOUT ROWID;
       CREATE INDEX exchanges_facet ON exchanges (facet, id);
       CREATE TABLE intents (           -- that are open at the position
         id BLOB PRIMARY KEY,
         subject TEXT NOT NULL, team TEXT NOT NULL, key TEXT NOT NULL, tool TEXT NOT NULL,
         endpoint TEXT NOT NULL, service TEXT NOT NULL, provider TEXT NOT NULL, surface TEXT NOT NULL,
         model TEXT NOT NULL, effect TEXT NOT NULL, mode TEXT NOT NULL, outcome TEXT NOT NULL,
         at INTEGER NOT NULL,
         input INTEGER, output INTEGER, cached INTEGER, cost_nano INTEGER,
         request_bytes INTEGER NOT NULL,
         intent_index INTEGER
       ) WITHOUT ROWID;
       CREATE TABLE usage_months (
         month TEXT NOT NULL,           -- "2026-11"
         key TEXT NOT NULL,
         team TEXT NOT NULL,
         exchanges INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL,
         cached INTEGER NOT NULL, cost_nano INTEGER NOT NULL,
         PRIMARY KEY (month, key, team)
       ) WITHOUT ROWID;
       CREATE TABLE position (          -- one row
         next_index INTEGER NOT NULL,
         leaf BLOB NOT NULL,
         segment INTEGER NOT NULL, byte_offset INTEGER NOT NULL
       );
       INSERT INTO position VALUES (0, zeroblob(32), 0, 0);)",
});

std::optional<std::uint64_t> maybe(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return static_cast<std::uint64_t>(row.number(column));
}

}  // namespace

// The file grows in steps of many pages, and what was read lately stays in memory; the log beside it is cut
// back where a long rebuild made it large.
const Schema kExchangeSchema{"an exchange table", 0x4f535445 /* "OSTE" */, kMigrations,
                             "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000; "
                             "PRAGMA journal_size_limit = 33554432"};

const std::string_view kExchangeColumns =
    "e.id, e.at, e.error, e.status, e.attempts, e.stream, e.estimated, e.input, e.output, e.cached, "
    "e.cost_nano, e.decided, e.connected, e.first_byte, e.total, e.request_bytes, e.response_bytes, "
    "e.intent_index, e.outcome_index, f.subject, f.team, f.key, f.tool, f.endpoint, f.service, f.provider, "
    "f.surface, f.model, f.effect, f.mode, f.outcome";

std::string_view kept_part(std::string_view text) {
  constexpr std::size_t most = 256;
  if (text.size() <= most) return text;
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

ExchangeEntry read_exchange(const Statement& row) {
  ExchangeEntry e;
  int column = 0;
  e.id = read_id(row, column++);
  e.at = row.number(column++);
  e.error = row.text(column++);
  e.status = static_cast<std::uint32_t>(row.number(column++));
  e.attempts = static_cast<std::uint32_t>(row.number(column++));
  e.stream = row.number(column++) != 0;
  e.estimated = row.number(column++) != 0;
  for (auto* tokens : {&e.input, &e.output, &e.cached}) *tokens = maybe(row, column++);
  if (!row.is_null(column)) e.cost_nano = row.number(column);
  ++column;
  for (auto* timing : {&e.decided, &e.connected, &e.first_byte, &e.total}) *timing = maybe(row, column++);
  e.request_bytes = static_cast<std::uint64_t>(row.number(column++));
  e.response_bytes = static_cast<std::uint64_t>(row.number(column++));
  e.intent_index = maybe(row, column++);
  e.outcome_index = maybe(row, column++);
  for (auto* text : {&e.subject, &e.team, &e.key, &e.tool, &e.endpoint, &e.service, &e.provider, &e.surface,
                     &e.model, &e.effect, &e.mode, &e.outcome})
    *text = row.text(column++);
  return e;
}

Id read_id(const Statement& row, int column) {
  Id id;
  const auto bytes = row.view(column);
  std::copy_n(bytes.begin(), std::min(bytes.size(), id.bytes.size()), id.bytes.begin());
  return id;
}

Result<Projected> read_position(Database& db) {
  auto row = db.prepare("SELECT next_index, leaf, segment, byte_offset FROM position");
  Projected at;
  if (row.step()) {
    at.index = static_cast<std::uint64_t>(row.number(0));
    const auto leaf = row.view(1);
    std::copy_n(leaf.begin(), std::min(leaf.size(), at.leaf.size()), at.leaf.begin());
    at.segment = static_cast<std::uint64_t>(row.number(2));
    at.offset = static_cast<std::uint64_t>(row.number(3));
  }
  TRY_VOID(row.end());
  return at;
}

}  // namespace ostiary::store

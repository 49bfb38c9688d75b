#include "store/hook_queue.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <mutex>

#include "store/impl/sqlite.h"

namespace ostiary::store {

namespace {

constexpr std::string_view kSelect =
    "SELECT number, hook, id, type, at, body, attempts, since, error, dead FROM hook_events ";

HookEntry read(const Statement& row) {
  HookEntry entry;
  entry.number = row.number(0);
  entry.hook = row.text(1);
  entry.event = {.id = row.text(2), .type = row.text(3), .body = row.text(5), .at = row.number(4)};
  entry.attempts = static_cast<std::uint32_t>(row.number(6));
  entry.since = row.number(7);
  entry.error = row.text(8);
  if (!row.is_null(9)) entry.dead = row.number(9);
  return entry;
}

class SqliteHookQueue final : public HookQueue {
 public:
  SqliteHookQueue(Database db, Limits limits, TellGap tell_gap)
      : db_(std::move(db)), limits_(limits), tell_gap_(std::move(tell_gap)) {}

  Result<> add(std::span<const HookItem> items, const HookPosition* read) override;
  Result<std::optional<std::uint64_t>> position(std::string_view source) override;
  Result<> forget_position(std::string_view source) override;
  Result<std::optional<HookEntry>> next(std::string_view hook) override;
  Result<> taken(std::int64_t number) override;
  Result<> failed(std::int64_t number, std::string_view error) override;
  Result<> give_up(std::int64_t number, std::string_view error, WallMs now) override;
  Result<std::vector<HookCount>> counts() override;
  Result<std::vector<HookEntry>> dead(std::string_view hook, std::int64_t after, std::size_t most) override;
  Result<> revive(std::string_view hook, std::string_view id, WallMs now) override;
  Result<> forget(std::string_view hook, std::string_view id) override;
  Result<bool> was_seen(std::string_view source, std::string_view id) override;
  Result<> remember(std::string_view source, std::string_view id, WallMs now) override;
  Result<std::optional<std::string>> question_of(std::string_view origin) override;
  Result<> set_question(std::string_view origin, std::string_view question, WallMs now) override;

 private:
  Result<std::int64_t> number_of(Statement statement);
  // What waits for a hook.
  struct Load {
    std::uint64_t events = 0, bytes = 0;
  };
  Result<Load> waiting(std::string_view hook);
  Result<std::uint64_t> count_bytes(std::string_view hook);
  Result<> forget_bytes(Statement gone);
  bool has_room(const Load& load, std::uint64_t events, std::uint64_t bytes) const;
  Result<> insert(std::string_view hook, const HookEvent& event);
  Result<std::optional<HookGap>> gap(std::string_view hook);
  Result<bool> still_missing(std::string_view hook, const Load& load);
  Result<> add_one(const HookItem& item);
  Result<> miss(const HookItem& item);

  std::mutex mutex_;
  Database db_;
  const Limits limits_;
  const TellGap tell_gap_;
  // Of the bodies that wait for each hook; counted where it is not here. Others may take events away (a
  // person is erased): it may be more than there is, never less, and is counted anew where little room is
  // left.
  std::map<std::string, std::uint64_t, std::less<>> bytes_;
  MonoNs counted_ = 0;
};

Result<std::int64_t> SqliteHookQueue::number_of(Statement statement) {
  const std::int64_t number = statement.step() ? statement.number(0) : 0;
  TRY_VOID(statement.end());
  return number;
}

Result<std::uint64_t> SqliteHookQueue::count_bytes(std::string_view hook) {
  auto sum = db_.prepare(
      "SELECT coalesce(sum(length(CAST(body AS BLOB))), 0) FROM hook_events WHERE hook = ? AND dead IS NULL");
  sum.bind(hook);
  TRY(const auto bytes, number_of(std::move(sum)));
  counted_ = mono_now();
  return bytes_.insert_or_assign(std::string(hook), static_cast<std::uint64_t>(bytes)).first->second;
}

Result<SqliteHookQueue::Load> SqliteHookQueue::waiting(std::string_view hook) {
  auto count = db_.prepare("SELECT count(*) FROM hook_events WHERE hook = ? AND dead IS NULL");
  count.bind(hook);
  Load load;
  TRY(const auto events, number_of(std::move(count)));
  load.events = static_cast<std::uint64_t>(events);
  constexpr MonoNs kMinute = 60'000'000'000;
  const auto known = bytes_.find(hook);
  const bool full = known != bytes_.end() && known->second > limits_.bytes - limits_.bytes / 4;
  if (known == bytes_.end() || (full && mono_now() - counted_ > kMinute)) {
    TRY(load.bytes, count_bytes(hook));
  } else {
    load.bytes = known->second;
  }
  return load;
}

bool SqliteHookQueue::has_room(const Load& load, std::uint64_t events, std::uint64_t bytes) const {
  return load.events + events <= limits_.waiting && load.bytes + bytes <= limits_.bytes;
}

// `gone` gives the hook and the length of a body that no longer waits, or nothing.
Result<> SqliteHookQueue::forget_bytes(Statement gone) {
  if (gone.step())
    if (const auto known = bytes_.find(gone.text(0)); known != bytes_.end())
      known->second -= std::min(known->second, static_cast<std::uint64_t>(gone.number(1)));
  return gone.end();
}

Result<> SqliteHookQueue::insert(std::string_view hook, const HookEvent& event) {
  TRY_VOID(
      db_.prepare(
             "INSERT OR IGNORE INTO hook_events (hook, id, type, at, body, since) VALUES (?, ?, ?, ?, ?, ?)")
          .bind(hook)
          .bind(event.id)
          .bind(event.type)
          .bind(event.at)
          .bind(event.body)
          .bind(wall_now())
          .run());
  if (const auto known = bytes_.find(hook); known != bytes_.end() && db_.changes() > 0)
    known->second += event.body.size();
  return {};
}

Result<std::optional<HookGap>> SqliteHookQueue::gap(std::string_view hook) {
  auto row = db_.prepare("SELECT events, first, last FROM hook_gaps WHERE hook = ?");
  std::optional<HookGap> found;
  if (row.bind(hook).step())
    found =
        HookGap{std::string(hook), static_cast<std::uint64_t>(row.number(0)), row.number(1), row.number(2)};
  TRY_VOID(row.end());
  return found;
}

// Tells the hook of what it missed as soon as there is room enough. True: it goes on missing.
Result<bool> SqliteHookQueue::still_missing(std::string_view hook, const Load& load) {
  TRY(const auto missed, gap(hook));
  if (!missed) return false;
  const auto room = std::max<std::uint64_t>(2, limits_.waiting / 4);  // for it, and for what comes then
  if (!has_room(load, room, limits_.bytes / 4)) return true;
  TRY_VOID(insert(hook, tell_gap_(*missed)));
  TRY_VOID(db_.prepare("DELETE FROM hook_gaps WHERE hook = ?").bind(hook).run());
  return false;
}

Result<> SqliteHookQueue::miss(const HookItem& item) {
  return db_
      .prepare(
          "INSERT INTO hook_gaps (hook, events, first, last) VALUES (?, 1, ?, ?) ON CONFLICT (hook) DO "
          "UPDATE SET events = events + 1, last = excluded.last")
      .bind(item.hook)
      .bind(item.event.at)
      .bind(item.event.at)
      .run();
}

Result<> SqliteHookQueue::add_one(const HookItem& item) {
  TRY(const auto ahead, waiting(item.hook));
  TRY(const auto missing, still_missing(item.hook, ahead));
  if (missing || !has_room(ahead, 1, item.event.body.size())) return miss(item);
  return insert(item.hook, item.event);
}

Result<> SqliteHookQueue::add(std::span<const HookItem> items, const HookPosition* read) {
  const std::lock_guard lock(mutex_);
  TRY(auto transaction, Transaction::begin(db_));
  for (const auto& item : items)
    if (auto added = add_one(item); !added) {
      bytes_.clear();
      return added;
    }
  if (read)
    TRY_VOID(db_.prepare("INSERT OR REPLACE INTO hook_positions (source, next) VALUES (?, ?)")
                 .bind(read->source)
                 .bind(static_cast<std::int64_t>(read->next))
                 .run());
  return transaction.commit();
}

Result<std::optional<std::uint64_t>> SqliteHookQueue::position(std::string_view source) {
  const std::lock_guard lock(mutex_);
  std::optional<std::uint64_t> next;
  auto row = db_.prepare("SELECT next FROM hook_positions WHERE source = ?");
  if (row.bind(source).step()) next = static_cast<std::uint64_t>(row.number(0));
  TRY_VOID(row.end());
  return next;
}

Result<> SqliteHookQueue::forget_position(std::string_view source) {
  const std::lock_guard lock(mutex_);
  return db_.prepare("DELETE FROM hook_positions WHERE source = ?").bind(source).run();
}

Result<std::optional<HookEntry>> SqliteHookQueue::next(std::string_view hook) {
  const std::lock_guard lock(mutex_);
  TRY(const auto missed, gap(hook));
  if (missed) {
    TRY(auto transaction, Transaction::begin(db_));
    TRY(const auto ahead, waiting(hook));
    TRY_VOID(still_missing(hook, ahead));
    TRY_VOID(transaction.commit());
  }
  std::optional<HookEntry> first;
  auto row = db_.prepare(std::string(kSelect) + "WHERE hook = ? AND dead IS NULL ORDER BY number LIMIT 1");
  if (row.bind(hook).step()) first = read(row);
  TRY_VOID(row.end());
  return first;
}

Result<> SqliteHookQueue::taken(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  auto gone = db_.prepare(
      "DELETE FROM hook_events WHERE number = ? RETURNING hook, length(CAST(body AS BLOB)) * (dead IS NULL)");
  gone.bind(number);
  return forget_bytes(std::move(gone));
}

Result<> SqliteHookQueue::failed(std::int64_t number, std::string_view error) {
  const std::lock_guard lock(mutex_);
  return db_.prepare("UPDATE hook_events SET attempts = attempts + 1, error = ? WHERE number = ?")
      .bind(error)
      .bind(number)
      .run();
}

Result<> SqliteHookQueue::give_up(std::int64_t number, std::string_view error, WallMs now) {
  const std::lock_guard lock(mutex_);
  TRY(auto transaction, Transaction::begin(db_));
  auto gone = db_.prepare(
      "SELECT hook, length(CAST(body AS BLOB)) FROM hook_events WHERE number = ? AND dead IS NULL");
  gone.bind(number);
  TRY_VOID(forget_bytes(std::move(gone)));
  TRY_VOID(db_.prepare("UPDATE hook_events SET attempts = attempts + 1, error = ?, dead = ? WHERE number = ?")
               .bind(error)
               .bind(now)
               .bind(number)
               .run());
  TRY_VOID(db_.prepare("DELETE FROM hook_events WHERE dead IS NOT NULL AND number IN (SELECT number FROM "
                       "hook_events WHERE hook = (SELECT hook FROM hook_events WHERE number = ?) AND dead IS "
                       "NOT NULL ORDER BY number DESC LIMIT -1 OFFSET ?)")
               .bind(number)
               .bind(static_cast<std::int64_t>(limits_.dead))
               .run());
  TRY_VOID(db_.prepare("DELETE FROM hook_events WHERE dead < ?").bind(now - limits_.dead_ms).run());
  return transaction.commit();
}

Result<std::vector<HookCount>> SqliteHookQueue::counts() {
  const std::lock_guard lock(mutex_);
  std::vector<HookCount> all;
  auto rows = db_.prepare(
      "SELECT hook, sum(dead IS NULL), sum(dead IS NOT NULL), min(CASE WHEN dead IS NULL THEN at END), "
      "coalesce((SELECT events FROM hook_gaps g WHERE g.hook = e.hook), 0) FROM hook_events e GROUP BY hook "
      "ORDER BY hook");
  while (rows.step()) {
    HookCount count{.hook = rows.text(0), .oldest = {}, .most_waiting = limits_.waiting};
    count.waiting = static_cast<std::uint64_t>(rows.number(1));
    count.dead = static_cast<std::uint64_t>(rows.number(2));
    if (!rows.is_null(3)) count.oldest = rows.number(3);
    count.missed = static_cast<std::uint64_t>(rows.number(4));
    all.push_back(std::move(count));
  }
  TRY_VOID(rows.end());
  return all;
}

Result<std::vector<HookEntry>> SqliteHookQueue::dead(std::string_view hook, std::int64_t after,
                                                     std::size_t most) {
  const std::lock_guard lock(mutex_);
  std::vector<HookEntry> all;
  auto rows = db_.prepare(std::string(kSelect) +
                          "WHERE hook = ? AND dead IS NOT NULL AND number > ? ORDER BY number LIMIT ?");
  rows.bind(hook).bind(after).bind(static_cast<std::int64_t>(most));
  while (rows.step()) all.push_back(read(rows));
  TRY_VOID(rows.end());
  return all;
}

Result<> SqliteHookQueue::revive(std::string_view hook, std::string_view id, WallMs now) {
  const std::lock_guard lock(mutex_);
  TRY_VOID(db_.prepare("UPDATE hook_events SET dead = NULL, attempts = 0, error = '', since = ? WHERE hook = "
                       "? AND id = ? AND dead IS NOT NULL")
               .bind(now)
               .bind(hook)
               .bind(id)
               .run());
  if (db_.changes() == 0) return fail(Code::not_found, "no such event was given up for this webhook");
  bytes_.clear();
  return {};
}

Result<> SqliteHookQueue::forget(std::string_view hook, std::string_view id) {
  const std::lock_guard lock(mutex_);
  TRY_VOID(db_.prepare("DELETE FROM hook_events WHERE hook = ? AND id = ? AND dead IS NOT NULL")
               .bind(hook)
               .bind(id)
               .run());
  if (db_.changes() == 0) return fail(Code::not_found, "no such event was given up for this webhook");
  return {};
}

Result<bool> SqliteHookQueue::was_seen(std::string_view source, std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto row = db_.prepare("SELECT 1 FROM hook_seen WHERE source = ? AND id = ?");
  row.bind(source).bind(id);
  TRY(const auto found, number_of(std::move(row)));
  return found == 1;
}

Result<> SqliteHookQueue::remember(std::string_view source, std::string_view id, WallMs now) {
  const std::lock_guard lock(mutex_);
  TRY(auto transaction, Transaction::begin(db_));
  TRY_VOID(db_.prepare("INSERT OR IGNORE INTO hook_seen (source, id, at) VALUES (?, ?, ?)")
               .bind(source)
               .bind(id)
               .bind(now)
               .run());
  TRY_VOID(db_.prepare("DELETE FROM hook_seen WHERE number IN (SELECT number FROM hook_seen WHERE source = ? "
                       "ORDER BY number DESC LIMIT -1 OFFSET ?)")
               .bind(source)
               .bind(static_cast<std::int64_t>(limits_.seen))
               .run());
  return transaction.commit();
}

Result<std::optional<std::string>> SqliteHookQueue::question_of(std::string_view origin) {
  const std::lock_guard lock(mutex_);
  std::optional<std::string> question;
  auto row = db_.prepare("SELECT question FROM hook_origins WHERE origin = ?");
  if (row.bind(origin).step()) question = row.text(0);
  TRY_VOID(row.end());
  return question;
}

Result<> SqliteHookQueue::set_question(std::string_view origin, std::string_view question, WallMs now) {
  const std::lock_guard lock(mutex_);
  return db_.prepare("INSERT OR REPLACE INTO hook_origins (origin, question, at) VALUES (?, ?, ?)")
      .bind(origin)
      .bind(question)
      .bind(now)
      .run();
}

}  // namespace

Result<std::unique_ptr<HookQueue>> open_hook_queue(const std::string& path, HookQueue::Limits limits,
                                                   HookQueue::TellGap tell_gap) {
  TRY(auto db, Database::open(path));
  // An event that was taken over is on the disk, also where the power goes.
  TRY_VOID(db.run("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON"));
  return std::make_unique<SqliteHookQueue>(std::move(db), limits, std::move(tell_gap));
}

}  // namespace ostiary::store

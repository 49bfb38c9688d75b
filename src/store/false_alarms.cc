#include "store/false_alarms.h"

#include <algorithm>
#include <fmt/format.h>

#include "store/impl/sqlite.h"

namespace ostiary::store {

namespace {

constexpr std::string_view kSelect =
    "SELECT fingerprint, because, subject, team, marked, state, reviewer, said, decided, until FROM "
    "false_alarms ";

FalseAlarm read(const Statement& row) {
  FalseAlarm alarm;
  alarm.fingerprint = row.text(0);
  alarm.because = row.text(1);
  alarm.subject = row.text(2);
  alarm.team = row.text(3);
  alarm.marked = row.number(4);
  alarm.state = row.text(5);
  alarm.reviewer = row.text(6);
  alarm.said = row.text(7);
  if (!row.is_null(8)) alarm.decided = row.number(8);
  if (!row.is_null(9)) alarm.until = row.number(9);
  return alarm;
}

}  // namespace

struct FalseAlarms::Connection {
  Database db;
};

FalseAlarms::FalseAlarms(std::string path) : path_(std::move(path)) {}
FalseAlarms::~FalseAlarms() = default;

Result<FalseAlarms::Connection*> FalseAlarms::connection() {
  if (!connection_) {
    TRY(auto db, Database::open(path_));
    connection_ = std::make_unique<Connection>(std::move(db));
  }
  return connection_.get();
}

Result<> FalseAlarms::write(const FalseAlarm& alarm) {
  TRY(auto* const open, connection());
  return open->db
      .prepare(
          "INSERT OR REPLACE INTO false_alarms (fingerprint, because, subject, team, marked, state, "
          "reviewer, said, decided, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(alarm.fingerprint)
      .bind(alarm.because)
      .bind(alarm.subject)
      .bind(alarm.team)
      .bind(alarm.marked)
      .bind(alarm.state)
      .bind(alarm.reviewer)
      .bind(alarm.said)
      .bind(alarm.decided)
      .bind(alarm.until)
      .run();
}

Result<FalseAlarm> FalseAlarms::find(std::string_view fingerprint) {
  TRY(auto* const open, connection());
  auto row = open->db.prepare(std::string(kSelect) + "WHERE fingerprint = ?");
  if (row.bind(fingerprint).step()) return read(row);
  TRY_VOID(row.end());
  return fail(Code::not_found, "nobody marked this finding");
}

Result<FalseAlarm> FalseAlarms::mark(const FalseAlarm& wish) {
  const auto before = find(wish.fingerprint);
  if (!before && before.error().code != Code::not_found) return before;
  if (before &&
      (before->state == "open" || (before->state == "accepted" && before->until.value_or(0) > wish.marked)))
    return before;
  TRY(auto* const open, connection());
  auto count = open->db.prepare("SELECT count(*) FROM false_alarms WHERE subject = ? AND state = 'open'");
  if (!count.bind(wish.subject).step()) {
    TRY_VOID(count.end());
    return fail(Code::io, "the false alarms cannot be counted");
  }
  if (count.number(0) >= kMostOpen)
    return fail(Code::too_large, fmt::format("{} false alarms wait for a reviewer; first those", kMostOpen));
  TRY_VOID(write(wish));
  return wish;
}

Result<FalseAlarm> FalseAlarms::decide(const FalseAlarm& decision) {
  TRY(auto alarm, find(decision.fingerprint));
  const bool withdrawn = alarm.state == "accepted" && decision.state == "rejected";
  if (alarm.state != "open" && !withdrawn)
    return fail(Code::exists, fmt::format("it was {} before; who marks it again opens it", alarm.state));
  alarm.state = decision.state;
  alarm.reviewer = decision.reviewer;
  alarm.said = decision.said;
  alarm.decided = decision.decided;
  alarm.until = decision.until;
  TRY_VOID(write(alarm));
  return alarm;
}

Result<> FalseAlarms::put_back(std::string_view fingerprint, const std::optional<FalseAlarm>& before) {
  if (before) return write(*before);
  TRY(auto* const open, connection());
  return open->db.prepare("DELETE FROM false_alarms WHERE fingerprint = ?").bind(fingerprint).run();
}

Result<std::vector<FalseAlarm>> FalseAlarms::list(const std::vector<std::string>& teams,
                                                  std::string_view state, std::string_view after,
                                                  std::size_t most) {
  TRY(auto* const open, connection());
  std::vector<FalseAlarm> out;
  auto rows = open->db.prepare(std::string(kSelect) +
                               "WHERE fingerprint > ? AND (? = '' OR state = ?) ORDER BY fingerprint");
  rows.bind(after).bind(state).bind(state);
  while (out.size() < most && rows.step())
    if (teams.empty() || std::ranges::find(teams, rows.text(3)) != teams.end()) out.push_back(read(rows));
  TRY_VOID(rows.end());
  return out;
}

Result<std::vector<FalseAlarm>> FalseAlarms::in_effect(WallMs now) {
  TRY(auto* const open, connection());
  std::vector<FalseAlarm> out;
  auto rows =
      open->db.prepare(std::string(kSelect) + "WHERE state = 'accepted' AND until > ? ORDER BY fingerprint");
  rows.bind(now);
  while (rows.step()) out.push_back(read(rows));
  TRY_VOID(rows.end());
  return out;
}

}  // namespace ostiary::store

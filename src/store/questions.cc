#include "store/questions.h"

#include <algorithm>
#include <fmt/format.h>

#include "store/impl/sqlite.h"

namespace ostiary::store {

namespace {

constexpr std::string_view kSelect =
    "SELECT number, state, origin, asker, team, text, what_for, title, link, salt, fingerprint, request, "
    "topic, "
    "clause, clause_digest, lane, owner, precedent, details, times, created, touched, asked, first_answered, "
    "decided, expires, remind FROM questions ";

StoredQuestion read(const Statement& row) {
  StoredQuestion q;
  int column = 0;
  const auto text = [&] { return row.text(column++); };
  const auto count = [&] { return static_cast<std::uint64_t>(row.number(column++)); };
  const auto time = [&]() -> std::optional<WallMs> {
    const int at = column++;
    return row.is_null(at) ? std::nullopt : std::optional<WallMs>(row.number(at));
  };
  q.number = count();
  for (auto* into : {&q.state, &q.origin, &q.asker, &q.team, &q.text, &q.what_for, &q.title, &q.link, &q.salt,
                     &q.fingerprint, &q.request, &q.topic, &q.clause, &q.clause_digest, &q.lane, &q.owner,
                     &q.precedent, &q.details})
    *into = text();
  q.times = count();
  q.created = row.number(column++);
  q.touched = row.number(column++);
  for (auto* into : {&q.asked, &q.first_answered, &q.decided, &q.expires, &q.remind}) *into = time();
  return q;
}

// All but the number, in the order of the columns.
Statement& bind(Statement& statement, const StoredQuestion& q) {
  for (const auto* text : {&q.state, &q.origin, &q.asker, &q.team, &q.text, &q.what_for, &q.title, &q.link,
                           &q.salt, &q.fingerprint, &q.request, &q.topic, &q.clause, &q.clause_digest,
                           &q.lane, &q.owner, &q.precedent, &q.details})
    statement.bind(*text);
  statement.bind(static_cast<std::int64_t>(q.times)).bind(q.created).bind(q.touched);
  return statement.bind(q.asked).bind(q.first_answered).bind(q.decided).bind(q.expires).bind(q.remind);
}

constexpr std::string_view kOpen = "state IN ('open', 'waiting-for-asker')";

class SqliteQuestions final : public Questions {
 public:
  SqliteQuestions(std::string path, bool to_read) : path_(std::move(path)), to_read_(to_read) {}

  Result<std::uint64_t> save(const QuestionChange& change, const Confirm& confirm) override;
  Result<StoredQuestion> find(std::uint64_t number) override;
  Result<std::vector<StoredAnswer>> answers(std::uint64_t number) override;
  Result<std::vector<StoredEvent>> events(std::uint64_t number) override;
  Result<std::vector<StoredQuestion>> list(const QuestionFilter& filter) override;
  Result<std::optional<StoredQuestion>> find_same(std::string_view asker,
                                                  std::string_view fingerprint) override;
  Result<std::optional<StoredQuestion>> find_request(std::string_view request) override;
  Result<std::optional<StoredQuestion>> find_link(std::string_view origin, std::string_view link) override;
  Result<std::vector<StoredQuestion>> in_state(std::string_view state) override;
  Result<std::vector<StoredQuestion>> precedents() override;
  Result<std::vector<StoredQuestion>> approved(WallMs now) override;
  Result<std::vector<StoredQuestion>> to_remind(WallMs now) override;
  Result<std::vector<StoredQuestion>> created_in(WallMs from, WallMs to) override;
  Result<std::uint64_t> count_open(std::string_view asker) override;
  Result<std::uint64_t> count_asked(std::string_view asker, WallMs since) override;
  Result<> forget_offers(WallMs before, std::size_t most) override;

 private:
  Result<Database*> open();
  // Its rows, or the first one.
  static Result<std::vector<StoredQuestion>> all_of(Statement& rows);
  static Result<std::optional<StoredQuestion>> one_of(Statement& rows);
  static Result<std::uint64_t> number_of(Statement& row);
  Result<std::uint64_t> reserve(Database& db);
  Result<> write(Database& db, const StoredQuestion& question, bool exists);
  Result<> add(Database& db, std::uint64_t number, const QuestionChange& change);

  const std::string path_;
  const bool to_read_;
  std::optional<Database> db_;
};

Result<Database*> SqliteQuestions::open() {
  if (!db_ && to_read_) {
    TRY(auto db, Database::open_to_read(path_));
    auto table = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'questions'");
    const bool there = table.step();
    TRY_VOID(table.end());
    if (!there) return fail(Code::not_found, "there are no questions in it yet", path_);
    db_ = std::move(db);
  }
  if (!db_) {
    TRY(auto db, Database::open(path_));
    TRY_VOID(db.run("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON"));
    db_ = std::move(db);
  }
  return &*db_;
}

Result<std::vector<StoredQuestion>> SqliteQuestions::all_of(Statement& rows) {
  std::vector<StoredQuestion> all;
  while (rows.step()) all.push_back(read(rows));
  TRY_VOID(rows.end());
  return all;
}

Result<std::optional<StoredQuestion>> SqliteQuestions::one_of(Statement& rows) {
  if (rows.step()) return read(rows);
  TRY_VOID(rows.end());
  return std::nullopt;
}

Result<std::uint64_t> SqliteQuestions::number_of(Statement& row) {
  if (row.step()) return static_cast<std::uint64_t>(row.number(0));
  TRY_VOID(row.end());
  return fail(Code::io, "the questions cannot be counted");
}

// A number that is never given again, whatever becomes of the question: where the process dies before the
// question is kept, the ledger may name it already.
Result<std::uint64_t> SqliteQuestions::reserve(Database& db) {
  TRY(auto transaction, Transaction::begin(db));
  TRY_VOID(
      db.run("INSERT INTO sqlite_sequence (name, seq) SELECT 'questions', 0 WHERE NOT EXISTS (SELECT 1 FROM "
             "sqlite_sequence WHERE name = 'questions')"));
  TRY_VOID(db.run("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'questions'"));
  std::uint64_t number = 0;
  {
    auto row = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'questions'");
    TRY(number, number_of(row));
  }
  TRY_VOID(transaction.commit());
  return number;
}

Result<> SqliteQuestions::write(Database& db, const StoredQuestion& question, bool exists) {
  if (!exists) {
    auto insert = db.prepare(
        "INSERT INTO questions (state, origin, asker, team, text, what_for, title, link, salt, fingerprint, "
        "request, topic, clause, clause_digest, lane, owner, precedent, details, times, created, touched, "
        "asked, "
        "first_answered, decided, expires, remind, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    return bind(insert, question).bind(static_cast<std::int64_t>(question.number)).run();
  }
  auto update = db.prepare(
      "UPDATE questions SET state = ?, origin = ?, asker = ?, team = ?, text = ?, what_for = ?, title = ?, "
      "link "
      "= ?, salt = ?, fingerprint = ?, request = ?, topic = ?, clause = ?, clause_digest = ?, lane = ?, "
      "owner = "
      "?, precedent = ?, details = ?, times = ?, created = ?, touched = ?, asked = ?, first_answered = ?, "
      "decided = ?, expires = ?, remind = ? WHERE number = ?");
  TRY_VOID(bind(update, question).bind(static_cast<std::int64_t>(question.number)).run());
  if (db.changes() == 0)
    return fail(Code::not_found, fmt::format("there is no question Q-{}", question.number));
  return {};
}

Result<> SqliteQuestions::add(Database& db, std::uint64_t number, const QuestionChange& change) {
  const auto id = static_cast<std::int64_t>(number);
  for (const auto& answer : change.answers)
    TRY_VOID(db.prepare("INSERT INTO question_answers (question, at, by, details) VALUES (?, ?, ?, ?)")
                 .bind(id)
                 .bind(answer.at)
                 .bind(answer.by)
                 .bind(answer.details)
                 .run());
  for (const auto& event : change.events)
    TRY_VOID(db.prepare("INSERT INTO question_events (question, at, kind, by, note) VALUES (?, ?, ?, ?, ?)")
                 .bind(id)
                 .bind(event.at)
                 .bind(event.kind)
                 .bind(event.by)
                 .bind(event.note)
                 .run());
  if (change.events.empty()) return {};
  return db
      .prepare(
          "DELETE FROM question_events WHERE question = ?1 AND id <> (SELECT min(id) FROM question_events "
          "WHERE question = ?1) AND id NOT IN (SELECT id FROM question_events WHERE question = ?1 ORDER BY "
          "id DESC LIMIT ?2)")
      .bind(id)
      .bind(static_cast<std::int64_t>(kMostEvents - 1))
      .run();
}

Result<std::uint64_t> SqliteQuestions::save(const QuestionChange& change, const Confirm& confirm) {
  TRY(auto* const db, open());
  // What was decided survives a power cut once it is told; that a refusal came again may be forgotten.
  const bool counts = !change.answers.empty() || !change.events.empty();
  const auto sync = counts ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
  auto question = change.question;
  const bool exists = question.number != 0;
  if (!exists) {
    TRY_VOID(db->run("PRAGMA synchronous = FULL"));
    TRY(question.number, reserve(*db));
  }
  TRY_VOID(db->run(sync));
  const auto number = question.number;
  TRY(auto transaction, Transaction::begin(*db));
  TRY_VOID(write(*db, question, exists));
  TRY_VOID(add(*db, number, change));
  if (confirm) TRY_VOID(confirm(number));
  TRY_VOID(transaction.commit());
  return number;
}

Result<StoredQuestion> SqliteQuestions::find(std::uint64_t number) {
  TRY(auto* const db, open());
  auto row = db->prepare(std::string(kSelect) + "WHERE number = ?");
  row.bind(static_cast<std::int64_t>(number));
  TRY(auto found, one_of(row));
  if (!found) return fail(Code::not_found, fmt::format("there is no question Q-{}", number));
  return std::move(*found);
}

Result<std::vector<StoredAnswer>> SqliteQuestions::answers(std::uint64_t number) {
  TRY(auto* const db, open());
  std::vector<StoredAnswer> all;
  auto rows = db->prepare("SELECT at, by, details FROM question_answers WHERE question = ? ORDER BY id");
  rows.bind(static_cast<std::int64_t>(number));
  while (rows.step()) all.push_back({rows.number(0), rows.text(1), rows.text(2)});
  TRY_VOID(rows.end());
  return all;
}

Result<std::vector<StoredEvent>> SqliteQuestions::events(std::uint64_t number) {
  TRY(auto* const db, open());
  std::vector<StoredEvent> all;
  auto rows = db->prepare("SELECT at, kind, by, note FROM question_events WHERE question = ? ORDER BY id");
  rows.bind(static_cast<std::int64_t>(number));
  while (rows.step()) all.push_back({rows.number(0), rows.text(1), rows.text(2), rows.text(3)});
  TRY_VOID(rows.end());
  return all;
}

Result<std::vector<StoredQuestion>> SqliteQuestions::list(const QuestionFilter& filter) {
  TRY(auto* const db, open());
  const auto holds = [](const std::vector<std::string>& of, const std::string& word) {
    return of.empty() || std::ranges::find(of, word) != of.end();
  };
  std::vector<StoredQuestion> all;
  auto rows = db->prepare(std::string(kSelect) +
                          "WHERE number > ?1 AND (?2 = '' OR asker = ?2) AND (?3 = '' OR lane = ?3) ORDER BY "
                          "number");
  rows.bind(static_cast<std::int64_t>(filter.after)).bind(filter.asker).bind(filter.lane);
  while (all.size() < filter.most && rows.step())
    if (holds(filter.states, rows.text(1)) && holds(filter.teams, rows.text(4))) all.push_back(read(rows));
  TRY_VOID(rows.end());
  return all;
}

Result<std::optional<StoredQuestion>> SqliteQuestions::find_same(std::string_view asker,
                                                                 std::string_view fingerprint) {
  TRY(auto* const db, open());
  auto row = db->prepare(fmt::format(
      "{} WHERE asker = ? AND fingerprint = ? AND {} ORDER BY number DESC LIMIT 1", kSelect, kOpen));
  return one_of(row.bind(asker).bind(fingerprint));
}

Result<std::optional<StoredQuestion>> SqliteQuestions::find_request(std::string_view request) {
  if (request.empty()) return std::nullopt;
  TRY(auto* const db, open());
  auto row =
      db->prepare(std::string(kSelect) +
                  "WHERE request = ? AND request <> '' AND state NOT IN ('withdrawn', 'expired') ORDER "
                  "BY number DESC LIMIT 1");
  return one_of(row.bind(request));
}

Result<std::optional<StoredQuestion>> SqliteQuestions::find_link(std::string_view origin,
                                                                 std::string_view link) {
  if (link.empty()) return std::nullopt;
  TRY(auto* const db, open());
  auto row = db->prepare(std::string(kSelect) +
                         "WHERE link = ? AND link <> '' AND origin = ? ORDER BY number DESC LIMIT 1");
  return one_of(row.bind(link).bind(origin));
}

Result<std::vector<StoredQuestion>> SqliteQuestions::in_state(std::string_view state) {
  TRY(auto* const db, open());
  auto rows = db->prepare(std::string(kSelect) + "WHERE state = ? ORDER BY number");
  return all_of(rows.bind(state));
}

Result<std::vector<StoredQuestion>> SqliteQuestions::precedents() {
  TRY(auto* const db, open());
  auto rows = db->prepare(std::string(kSelect) +
                          "WHERE precedent <> '' AND precedent IN ('in-force', 'reopened') ORDER BY number");
  return all_of(rows);
}

Result<std::vector<StoredQuestion>> SqliteQuestions::approved(WallMs now) {
  TRY(auto* const db, open());
  auto rows = db->prepare(std::string(kSelect) +
                          "WHERE request <> '' AND state = 'answered' AND expires > ? ORDER BY number");
  return all_of(rows.bind(now));
}

Result<std::vector<StoredQuestion>> SqliteQuestions::to_remind(WallMs now) {
  TRY(auto* const db, open());
  auto rows = db->prepare(std::string(kSelect) + "WHERE remind IS NOT NULL AND remind <= ? ORDER BY number");
  return all_of(rows.bind(now));
}

Result<std::vector<StoredQuestion>> SqliteQuestions::created_in(WallMs from, WallMs to) {
  TRY(auto* const db, open());
  auto rows = db->prepare(std::string(kSelect) + "WHERE created >= ? AND created < ? ORDER BY number");
  return all_of(rows.bind(from).bind(to));
}

Result<std::uint64_t> SqliteQuestions::count_open(std::string_view asker) {
  TRY(auto* const db, open());
  auto row =
      db->prepare(fmt::format("SELECT count(*) FROM questions WHERE (?1 = '' OR asker = ?1) AND {}", kOpen));
  return number_of(row.bind(asker));
}

Result<std::uint64_t> SqliteQuestions::count_asked(std::string_view asker, WallMs since) {
  TRY(auto* const db, open());
  auto row =
      db->prepare("SELECT count(*) FROM questions WHERE asker = ? AND created >= ? AND state <> 'offered'");
  return number_of(row.bind(asker).bind(since));
}

Result<> SqliteQuestions::forget_offers(WallMs before, std::size_t most) {
  TRY(auto* const db, open());
  return db
      ->prepare(
          "DELETE FROM questions WHERE state = 'offered' AND (touched < ?1 OR number IN (SELECT number "
          "FROM (SELECT number, row_number() OVER (PARTITION BY asker ORDER BY touched DESC, number DESC) "
          "AS place FROM questions WHERE state = 'offered') WHERE place > ?2))")
      .bind(before)
      .bind(static_cast<std::int64_t>(most))
      .run();
}

}  // namespace

std::unique_ptr<Questions> open_questions(std::string path) {
  return std::make_unique<SqliteQuestions>(std::move(path), false);
}

std::unique_ptr<Questions> open_questions_to_read(std::string path) {
  return std::make_unique<SqliteQuestions>(std::move(path), true);
}

}  // namespace ostiary::store

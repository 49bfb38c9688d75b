#include "store/impl/sqlite.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"

namespace ostiary::store {

namespace {

constexpr int kBusyMs = 5000;

std::unexpected<Error> error_of(sqlite3* db, int code, const std::string& where) {
  const char* why = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return fail(Code::exists, fmt::format("the store refuses it: {}", why), where);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(Code::unavailable, "the store is in use by another process; try again", where);
    case SQLITE_FULL:
      return fail(Code::io, "the disk is full; free space on it", where);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return fail(Code::denied, fmt::format("the store cannot be written: {}", why), where);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return fail(Code::corrupt, fmt::format("the store is damaged ({}); restore the file from a copy", why),
                  where);
    default:
      return fail(Code::io, fmt::format("the store failed: {}", why), where);
  }
}

}  // namespace

Statement::Statement(sqlite3* db, std::string_view sql, const std::string& where) : db_(db), where_(where) {
  sqlite3_stmt* statement = nullptr;
  code_ = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  statement_.reset(statement);
}

Statement& Statement::bind(std::string_view text) {
  const char* data = text.data() ? text.data() : "";
  if (code_ == SQLITE_OK)
    code_ = sqlite3_bind_text(statement_.get(), next_++, data, static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_.get(), next_++, number);
  return *this;
}

Statement& Statement::bind(std::span<const std::uint8_t> blob) {
  if (code_ == SQLITE_OK)
    code_ = sqlite3_bind_blob(statement_.get(), next_++, blob.data(), static_cast<int>(blob.size()),
                              SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind(std::nullopt_t) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_null(statement_.get(), next_++);
  return *this;
}

Statement& Statement::reset() {
  if (!statement_) return *this;  // it could not be prepared, which stays so
  sqlite3_reset(statement_.get());
  code_ = SQLITE_OK;
  next_ = 1;
  return *this;
}

bool Statement::step() {
  if (code_ != SQLITE_OK && code_ != SQLITE_ROW) return false;
  code_ = sqlite3_step(statement_.get());
  return code_ == SQLITE_ROW;
}

Result<> Statement::end() {
  if (code_ == SQLITE_OK || code_ == SQLITE_ROW || code_ == SQLITE_DONE) return {};
  return error_of(db_, code_, where_);
}

Result<> Statement::run() {
  while (step()) {
  }
  return end();
}

std::string_view Statement::view(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data ? std::string_view(data, size) : std::string_view();
}

std::string Statement::text(int column) const {
  return std::string(view(column));
}

Result<Database> Database::connect(const std::string& path, int flags) {
  Database database;
  database.path_ = path;
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  database.db_.reset(db);
  if (code != SQLITE_OK) return error_of(db, code, path);
  sqlite3_busy_timeout(db, kBusyMs);
  return database;
}

Result<Database> Database::open(const std::string& path) {
  if (path != ":memory:") {
    // SQLite gives its side files the mode of this one.
    const Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return fail_errno("open the store", path, errno);
  }
  return connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<Database> Database::open_to_read(const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0) return fail_errno("open the store", path, errno);
  // Reading beside a writer takes locks in the side files, which only a connection that may write makes.
  TRY(auto database, connect(path, SQLITE_OPEN_READWRITE));
  TRY_VOID(database.run("PRAGMA query_only = ON"));
  return database;
}

Result<> Database::run(const std::string& sql) {
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(db_.get(), code, path_);
  return {};
}

Result<std::int64_t> Database::pragma(std::string_view name) {
  auto statement = prepare("PRAGMA " + std::string(name));
  const std::int64_t value = statement.step() ? statement.number(0) : 0;
  TRY_VOID(statement.end());
  return value;
}

Result<Transaction> Transaction::begin(Database& db) {
  TRY_VOID(db.run("BEGIN IMMEDIATE"));
  return Transaction(db);
}

Result<> Transaction::commit() {
  TRY_VOID(db_->run("COMMIT"));
  db_ = nullptr;
  return {};
}

Transaction::~Transaction() {
  if (db_) (void)db_->run("ROLLBACK");
}

}  // namespace ostiary::store

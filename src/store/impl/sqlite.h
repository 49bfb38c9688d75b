#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace ostiary::store {

// One prepared statement in use. Values are bound in order; texts and blobs must live until the statement has
// run.
//   Statement s = db.prepare("SELECT a FROM t WHERE b = ?"); s.bind(b); while (s.step()) use(s.text(0));
//   TRY_VOID(s.end());
// A failure (of preparing too) makes step() false and is told by end().
class Statement {
 public:
  Statement(sqlite3* db, std::string_view sql, const std::string& where);

  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  Statement& bind(std::span<const std::uint8_t> blob);
  Statement& bind(std::nullopt_t);
  template <class T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(static_cast<std::int64_t>(*value)) : bind(std::nullopt);
  }
  Statement& reset();  // ready to be bound and run once more; forgets a failure of running it
  bool step();         // true: a row is there
  Result<>
  end();  // what went wrong, if anything did: `exists` for a broken constraint, `unavailable` when busy, `io`
  Result<> run();  // steps to the end

  bool is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::string text(int column) const;       // of a blob too; empty for null
  std::string_view view(int column) const;  // the same without a copy, until the next step

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  sqlite3* db_;
  const std::string& where_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int code_ = SQLITE_OK;
  int next_ = 1;
};

// An open database, used by one thread at a time.
class Database {
 public:
  // Makes the file (mode 0600) where it is absent.
  static Result<Database> open(const std::string& path);
  // For looking at: `not_found` where the file is absent; what would change it fails.
  static Result<Database> open_to_read(const std::string& path);

  Statement prepare(std::string_view sql) { return {db_.get(), sql, path_}; }
  Result<> run(const std::string& sql);  // any number of statements without values
  Result<std::int64_t> pragma(std::string_view name);
  int changes() const { return sqlite3_changes(db_.get()); }
  const std::string& path() const { return path_; }

 private:
  static Result<Database> connect(const std::string& path, int flags);
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Close> db_;
  std::string path_;
};

// A transaction, rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& db);
  Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<> commit();

 private:
  explicit Transaction(Database& db) : db_(&db) {}
  Database* db_;
};

}  // namespace ostiary::store

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ostiary::store {

// A use of the inventory as it is kept. Who is told of it has a column, so that a person's name can be
// erased; the rest is JSON of who owns the type (inventory/use.h).
struct StoredUse {
  std::string id;  // UUIDv7
  std::uint64_t revision = 1;
  std::string owner;    // a person or a role; empty: unknown, or erased
  std::string details;  // JSON
  WallMs created = 0, changed = 0;
  bool operator==(const StoredUse&) const = default;
};

// The uses of the inventory. One thread at a time. Who opens it holds the data folder's lock, or nobody does
// and it is only read.
class Uses {
 public:
  virtual ~Uses() = default;
  // Asked when all is written and can still be undone. It may change nothing here.
  using Confirm = std::function<Result<>()>;
  // Adds those of revision 1 and replaces the others, of which the revision before must be there: all or
  // none. `exists` where another revision is there, `not_found` where none is.
  virtual Result<> write(std::span<const StoredUse> uses, const Confirm& confirm) = 0;
  // `not_found`, or `exists` where it has another revision.
  virtual Result<> remove(std::string_view id, std::uint64_t revision, const Confirm& confirm) = 0;
  virtual Result<StoredUse> find(std::string_view id) = 0;  // `not_found`
  virtual Result<std::vector<StoredUse>> all() = 0;         // by id
  // What somebody said about the columns of a table with this heading (a digest of it).
  virtual Result<std::optional<std::string>> mapping(std::string_view heading) = 0;
  virtual Result<> remember_mapping(std::string_view heading, std::string_view json, WallMs now) = 0;
};

// Those in a store (its SQLite file, which open_sqlite() has brought to the schema of now).
std::unique_ptr<Uses> open_uses(std::string path);

}  // namespace ostiary::store

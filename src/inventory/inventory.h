#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "inventory/import.h"
#include "inventory/reconcile.h"
#include "inventory/use.h"
#include "store/uses.h"

namespace ostiary::inventory {

// A change to a use, for the ledger: names of fields, no values.
struct Change {
  std::string_view action;  // "use-added", "use-changed", "use-removed"
  std::string what;         // the use's id
  std::uint64_t revision = 1;
  std::vector<std::string> fields = {};  // that people stated, sorted; none: what was seen alone
  std::string_view from = {};            // "stated", "imported", "reconciled"
};

struct UseFilter {
  std::string provider = {}, tool = {}, team = {}, owner = {}, status = {},
              model = {};  // empty: any; model as a glob; names as Matcher
  std::string after = {};  // behind this id
  std::size_t most = 100;
};

// What became of an import.
struct Imported {
  std::vector<Column> columns;
  std::uint64_t rows = 0;  // that hold something
  std::uint64_t added = 0, filled = 0, same = 0;
  std::vector<std::string> uses = {};    // ids that were added or filled
  std::vector<RowTrouble> partial = {};  // what could not be read, by row
};

// The uses of the inventory. Thread-safe; every function may wait for the disk. A change is recorded before
// it holds: `record` is called when all is written and can still be undone, and what it fails with is what
// the change fails with.
class Inventory {
 public:
  static constexpr std::size_t kMost = 20'000;

  using Record = std::function<Result<>(std::span<const Change> changes)>;

  // `uses` must outlive it.
  explicit Inventory(store::Uses& uses) : store_(uses) {}

  // `exists` where there are kMost, or the edit states nothing.
  Result<Use> add(const Edit& edit, WallMs now, const Record& record);
  // `not_found`; `exists` where `revision` is given and is not the use's. Nothing is written where nothing
  // changes.
  Result<Use> edit(const Id& id, const Edit& edit, std::optional<std::uint64_t> revision, WallMs now,
                   const Record& record);
  Result<Use> remove(const Id& id, std::optional<std::uint64_t> revision, const Record& record);
  Result<Use> find(const Id& id);                          // `not_found`
  Result<std::vector<Use>> list(const UseFilter& filter);  // by id
  Result<std::vector<Use>> all();                          // by id

  // With `apply` the proposals are added and what was seen is marked; what people stated stays as it is.
  Result<Reconciled> reconcile(const Evidence& evidence, const Reconciling& how, bool apply,
                               const Record& record);

  // The columns of a heading: what was said about them before, what is said now, and what is suggested of the
  // rest. What is said now is remembered, unless it is a dry run.
  Result<Imported> import(const Table& table, const ColumnWishes& wishes, bool dry_run, WallMs now,
                          const Record& record);

 private:
  Result<Use> read(const store::StoredUse& stored) const;
  Result<Use> find_locked(const Id& id);
  Result<std::vector<Use>> all_locked();
  Result<> write(std::vector<Use>& uses, std::span<const Change> changes, const Record& record);

  std::mutex mutex_;
  store::Uses& store_;
};

}  // namespace ostiary::inventory

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "ledger/impl/readers.h"

namespace ostiary::ledger {

// Where a reader of the ledger stands: record `index` is the next. The segment and the byte of its .log where
// that record begins let another Cursor go on at once; with offset 0 they are looked for.
struct Place {
  std::uint64_t index = 0;
  std::uint64_t segment = 0, offset = 0;
};

// Reads records in order from any index on, beside the writer. Segments whose .log was removed (retention
// leaves the .leaf) are passed over. For one thread.
class Cursor {
 public:
  explicit Cursor(const std::string& data_folder, const Place& from = {});

  using Take = std::function<void(std::uint64_t index, std::string_view line)>;
  // The next record below `until`, whose bytes hold until the next call; false as a 0 of read(), which has
  // the rest.
  Result<bool> next(std::uint64_t until, std::uint64_t& index, std::string_view& line);
  // Gives records below `until` to `take`, at most `most` of them; how many. 0: nothing is there now, or what
  // was next is removed and place() is behind it. Only records with a leaf hash are given: beside a running
  // ledger let `until` be at most its size(), so that none is given that a failed write takes back. A place
  // that does not fit the files is looked for again; `corrupt` where lines are missing.
  Result<std::uint64_t> read(std::uint64_t until, std::uint64_t most, const Take& take);
  const Place& place() const { return at_; }
  static Cursor in_ledger(const std::string& ledger_folder, const Place& from);

 private:
  Cursor() = default;
  Result<bool> enter();
  Result<bool> find_segment();
  Result<> seek();
  Result<bool> stands_right();

  std::string ledger_;
  Place at_;
  std::optional<LineReader> lines_;
  std::uint64_t ready_ = 0;  // records below it were whole when lines_ was opened
  bool checked_ = false;     // at_ was made here, or fits the leaf hash of its record
};

// Called with a record's number and line; false ends the scan.
using TakeRecord = std::function<Result<bool>(std::uint64_t index, std::string_view line)>;

// The records from number `from` on whose lines still stand, in order, up to those that had their leaf hash
// when their segment was begun. What is damaged of a segment is passed over with the rest of it: verify()
// tells of that.
Result<> scan_records(const std::string& ledger_folder, std::uint64_t from, const TakeRecord& take);
// The records of one segment; false where `take` ended it.
Result<bool> scan_segment(const std::string& ledger_folder, std::uint64_t first, std::uint64_t from,
                          const TakeRecord& take);

// The leaf hash of a record, also where the record itself was removed; nothing where there is none.
Result<std::optional<Digest>> leaf_of(const std::string& data_folder, std::uint64_t index);
// How many records the files hold, removed ones counted: those with a leaf hash.
Result<std::uint64_t> count_records(const std::string& data_folder);
// The records whose segments were removed, as spans [from, to), ascending; neighbours are one.
Result<std::vector<std::pair<std::uint64_t, std::uint64_t>>> removed_records(const std::string& data_folder);

}  // namespace ostiary::ledger

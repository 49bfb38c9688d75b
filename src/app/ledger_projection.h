#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/impl/held_intents.h"
#include "base/result.h"
#include "ledger/cursor.h"
#include "ledger/record_view.h"
#include "store/projection.h"

namespace ostiary::app {

std::string exchanges_path(const std::string& data_folder);

// Brings the exchange table of a data folder forward with the ledger's records. For one thread, and one at a
// time in a data folder. After an error open it anew.
class LedgerProjection {
 public:
  // A table that is damaged, or was made from another ledger, or from more of this one than there is (a power
  // cut can take records), or that stands within a segment that was removed, is emptied and filled from the
  // beginning; `anew` asks for that.
  static Result<std::unique_ptr<LedgerProjection>> open(const std::string& data_folder, bool anew = false);

  // One transaction: at most some thousands of the records below `until`. False where there was nothing to
  // do.
  Result<bool> step(std::uint64_t until);
  // Forgets what retention has taken out of the ledger since the last call. Reads the whole table where
  // there is something new.
  Result<> forget_removed();

  std::uint64_t position() const { return cursor_.place().index; }
  bool in_place() const;  // the file that was opened still stands where it should

 private:
  LedgerProjection(const std::string& data_folder, std::unique_ptr<store::Projection> table);
  static Result<std::unique_ptr<store::Projection>> open_table(const std::string& path, bool anew);
  Result<> check_ledger();
  Result<> give(std::uint64_t index, std::string_view line);
  Result<> give_exchange(std::uint64_t index);
  Result<> give_held();
  Result<> leave_out(std::uint64_t index);
  Result<> pass_over(std::uint64_t from, std::uint64_t to);
  Result<> commit();

  const std::string data_;
  std::uint64_t file_ = 0;  // inode
  std::unique_ptr<store::Projection> table_;
  ledger::Cursor cursor_;
  ledger::RecordReader reader_;
  ledger::RecordView record_;
  HeldIntents held_;  // of the batch
  std::vector<std::pair<std::uint64_t, std::uint64_t>> forgotten_;
  bool complained_ = false;
};

}  // namespace ostiary::app

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "ledger/keeper.h"
#include "ledger/keeping_record.h"

namespace ostiary::ledger {

// What the erasure, hold and retention records of a ledger add up to.
class Keeping {
 public:
  struct PendingErasure {  // begun, and not known to be done
    Id id;
    std::string subject, by;  // subject: empty for one exchange
    std::optional<Id> exchange;
    std::uint64_t index = 0;  // of its record
  };
  struct ErasedSubject {  // of the last day: exchanges of theirs may still have been under way
    std::string subject;
    WallMs at = 0;
    std::uint64_t from = 0;   // the record that reading for more of them begins at
    std::uint64_t index = 0;  // of the "done" record
  };

  // Takes a record in; those of other kinds change nothing. True when it was one of these kinds.
  bool apply(std::uint64_t index, std::string_view line);

  const std::vector<Hold>& holds() const { return holds_; }
  const std::vector<PendingErasure>& pending() const { return pending_; }
  const std::vector<ErasedSubject>& erased() const { return erased_; }
  const std::vector<Range>& removed() const { return removed_; }
  std::uint64_t retention_index() const { return retention_.value_or(0); }  // of the newest such record
  bool is_removed(std::uint64_t first, std::uint64_t end) const;
  void forget_erased_before(WallMs at);

  // The records that the state follows from, by their number.
  const std::map<std::uint64_t, std::string>& records() const { return records_; }

 private:
  std::map<std::uint64_t, std::string> records_;
  std::vector<Hold> holds_;
  std::vector<PendingErasure> pending_;
  std::vector<ErasedSubject> erased_;
  std::vector<Range> removed_;
  std::optional<std::uint64_t> retention_;  // the newest retention record
};

// ledger/keeping: those records once more, so that a start need not read the whole ledger for them. It is
// trusted with nothing: each line is compared with its leaf hash, and without the file the ledger is read.
std::string keeping_path(const std::string& ledger);

// Says before such a record is appended that those from `size` on may not be in the file; or, with nothing,
// that all are.
Result<> save_keeping(const std::string& ledger, const Keeping& keeping,
                      std::optional<std::uint64_t> unknown_from);
Result<Keeping> load_keeping(const std::string& ledger);

// The records that may be without a line as the newest retention record under number `below` tells; read from
// the ledger itself.
Result<std::vector<Range>> removed_ranges(const std::string& ledger, std::uint64_t below);
bool covers(const std::vector<Range>& ranges, std::uint64_t first, std::uint64_t end);
std::vector<Range> merged(std::vector<Range> ranges);

}  // namespace ostiary::ledger

#pragma once

#include <string>

#include "base/file.h"
#include "base/result.h"
#include "ledger/keeping_record.h"

namespace ostiary::ledger {

// ledger/gap: what went unrecorded so far, for the case that the process ends before the disk has room again.
// Its bytes are there from the start and only ever overwritten, which a full disk allows.
class GapNote {
 public:
  static Result<GapNote> open(const std::string& ledger);
  const Gap& found() const { return found_; }  // of a process before
  void store(const Gap& gap);                  // as well as it goes

 private:
  Fd fd_;
  Gap found_;
};

}  // namespace ostiary::ledger

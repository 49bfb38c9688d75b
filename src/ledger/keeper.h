#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "ledger/keeping_record.h"
#include "ledger/ledger.h"

namespace ostiary::ledger {

// A legal hold: exchanges that match everything it names are neither erased nor removed.
struct Hold {
  Id id;
  WallMs at = 0;                   // when it was set
  std::string subject, team;       // empty: any
  std::optional<WallMs> from, to;  // of the exchange's time, inclusive; nothing: unbounded
  std::string reason, by;
  std::uint64_t index = 0;  // of its record

  bool covers(std::string_view of_subject, std::string_view of_team, WallMs at_time) const;
};

// Who knows the name behind a pseudonym: the store, wired by app.
class NameBook {
 public:
  virtual ~NameBook() = default;
  virtual Result<bool> knows(const std::string& subject) = 0;
  // Revokes the subject's keys and forgets the name, also in the files. May be asked again after a crash;
  // a subject that is not known is forgotten already.
  virtual Result<> forget(const std::string& subject) = 0;
};

struct Erasure {
  Id id;
  std::uint64_t keys = 0;  // digest keys that are gone
};

// What a hold is to cover: at least one of subject, team and dates, and all that are named together.
struct HoldRequest {
  std::string subject, team;
  std::optional<WallMs> from, to;
  std::string reason, by;
};

// A closed segment that has come of age.
struct OldSegment {
  Range records;
  WallMs newest = 0;  // of its records
  std::uint64_t bytes = 0;
  std::optional<Id> held_by;  // a hold that keeps it
};
struct Retention {
  WallMs before = 0;
  bool dry_run = false;
  std::vector<OldSegment> segments;  // that are not held went, or would
};

struct KeeperOptions {
  std::uint64_t retention_ms = 0;                      // 0: nothing goes for its age
  std::uint64_t segment_age_ms = 24ULL * 3600 * 1000;  // 0: segments are closed for their size alone
};

// What of a ledger goes with time, and what must not: erasure of digest keys and names, legal holds, removal
// of old segments. Every change is a record of the ledger first. The records themselves are never touched,
// so that every proof stays valid; of a removed segment the leaf hashes stay.
//
// Thread-safe; one operation at a time, each of which may read the whole ledger. Lives as long as neither
// the ledger nor the data folder's lock are given up.
class Keeper {
 public:
  static Result<std::unique_ptr<Keeper>> open(const std::string& data_folder, Ledger& ledger,
                                              const KeeperOptions& options);
  ~Keeper();  // stops
  // Ends what another thread has under way soon, with `closed`: it is finished at the next start.
  void stop();

  // Does to the end what a crash has cut off. Before anything else.
  Result<> finish(NameBook& names);

  // Forgets the name behind a pseudonym, revokes its keys and erases the digest keys of all its exchanges.
  // `denied` where a hold stands in the way, `not_found` where neither names nor ledger know the subject.
  Result<Erasure> erase_subject(const std::string& subject, const std::string& by, NameBook& names);
  // The digest key of one exchange.
  Result<Erasure> erase_exchange(const Id& exchange, const std::string& by);

  Result<Hold> set_hold(const HoldRequest& request);
  std::vector<Hold> holds();  // that stand, oldest first
  Result<Hold> release_hold(const Id& id, const std::string& by);

  // Removes the closed segments whose newest record is older (nothing: than the options say) and of which
  // nothing is held, the digest keys of their exchanges first. The leaf hashes stay.
  Result<Retention> retain(std::optional<std::uint64_t> older_than_ms, bool dry_run, const std::string& by);

  // Closes the segment that is written to; false where it has no records.
  Result<bool> rotate();

  // Begins to close segments for their age and to remove old ones, on a thread of its own: at once, then
  // every hour, or oftener where the ages are shorter. Erasures that were cut off are tried again where
  // `names` is given, which must live until stop().
  void start(NameBook* names = nullptr);

 private:
  Keeper();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::ledger

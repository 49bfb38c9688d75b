#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/time.h"

// Records about the ledger itself: what of it was erased, held, removed or never written. Each function
// appends one line of canonical JSON (RFC 8785), as those of record.h do. `by` says who asked ("uid:1000", a
// key's id), never a name.
namespace ostiary::ledger {

// Records number [first, end).
struct Range {
  std::uint64_t first = 0, end = 0;
  bool operator==(const Range&) const = default;
};

// kind "erasure": the digest keys of one exchange, or of all exchanges of a subject whose name is forgotten
// with them. state "begun" is written before anything is erased, "done" behind it.
struct ErasureRecord {
  Id id;
  std::string_view subject;    // pseudonym; empty: one exchange
  std::optional<Id> exchange;  // nothing: a subject
  std::string_view by;
  std::optional<std::uint64_t> keys;  // done: how many digest keys are gone
  std::uint64_t records = 0;          // done: of a subject, how many records were read for its exchanges
};
void append_erasure(std::string& out, WallMs at, const ErasureRecord& record);

// kind "hold": what is neither erased nor removed. state "set" or "released".
struct HoldRecord {
  Id id;
  std::string_view subject, team;  // empty: any
  std::optional<WallMs> from, to;  // of exchanges, inclusive; nothing: unbounded
  std::string_view reason, by;
  bool released = false;
};
void append_hold(std::string& out, WallMs at, const HoldRecord& record);

// kind "retention": segments that go for their age. `removed` are all records without a line from then on,
// those of earlier retention records too: the newest such record alone tells what may be missing.
struct RetentionRecord {
  WallMs before = 0;  // the newest record of each segment that goes is older than this
  std::uint64_t records = 0, bytes = 0;
  std::span<const Range> segments;  // that go now
  std::span<const Range> removed;   // ascending, apart from one another
  std::string_view by;
};
void append_retention(std::string& out, WallMs at, const RetentionRecord& record);

// Exchanges that went on while the disk had no room for their records (ledger.when_full: open).
struct Gap {
  std::uint64_t exchanges = 0;      // went out without an intent
  std::uint64_t outcomes_lost = 0;  // records of ends that were given up
  std::uint64_t bytes = 0;          // of the requests
  WallMs from = 0, to = 0;          // first and last of them
  bool empty() const { return exchanges == 0 && outcomes_lost == 0; }
  bool operator==(const Gap&) const = default;
};
// kind "gap", reason "disk-full".
void append_gap(std::string& out, WallMs at, const Gap& gap);

}  // namespace ostiary::ledger

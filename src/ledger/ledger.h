#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/id.h"
#include "base/result.h"
#include "ledger/keeping_record.h"

namespace ostiary::ledger {

enum class Sync : std::uint8_t {
  always,    // a batch is on the disk before anybody goes on (group commit)
  interval,  // at most sync_interval_ms of it may be lost with the power; nothing with the process
  os         // the operating system decides; a power cut may end the ledger (README.md)
};

// What becomes of exchanges while the disk has no room for their records.
enum class WhenFull : std::uint8_t {
  close,  // nothing goes out
  open    // they go on and are counted; a `gap` record says how many once there is room
};

struct Options {
  Sync sync = Sync::interval;
  std::uint32_t sync_interval_ms = 1000;
  std::uint32_t checkpoint_interval_ms = 1000;
  std::uint64_t segment_bytes = 256ULL << 20;
  WhenFull when_full = WhenFull::close;
  std::string origin;  // first line of checkpoints; empty: "ostiary/<8 hex of the public key>"
};

// What an exchange's digests are keyed with. Kept in DATA/digest-keys beside the ledger, never in it: whoever
// has the text and the key can prove the digest, and erasing the key makes it unguessable.
struct DigestKey {
  Id exchange;
  Key256 key;
};

// Records of one loop turn, ready to be appended. Filling it takes no lock: the leaf hash is made here.
class Batch {
 public:
  // `line` is canonical JSON without newline.
  void add(std::string_view line);
  void add_key(const Id& exchange, const Key256& key);
  bool empty() const { return ends_.empty(); }
  std::size_t size() const { return ends_.size(); }  // records
  std::size_t bytes() const { return lines_.size() + keys_.size(); }
  void clear();
  // How much it holds now, and back to that: what was added since is taken out again.
  struct Mark {
    std::size_t lines = 0, records = 0, keys = 0;
  };
  Mark mark() const { return {lines_.size(), ends_.size(), keys_.size()}; }
  void cut_back(const Mark& mark);
  // Makes the leaf hashes that are due, two at a time. Ledger::append() does so before it takes its lock.
  void hash();

 private:
  friend class Ledger;
  void add_all(const Batch& other);
  std::string_view lines() const { return std::string_view(lines_).substr(1); }
  std::string lines_ = std::string(1, '\0');  // a byte of room, then each line with its newline
  std::vector<std::size_t> ends_;             // of each line, before its newline
  std::vector<Digest> leaves_;
  std::string keys_;  // 48 bytes each
};

// The append-only record of a data folder. Files, each starting with a magic and a version:
//   ledger/<20-digit first index>.log   header line, then one canonical JSON record a line
//   ledger/<20-digit first index>.leaf  16-byte header, then the 32-byte RFC 6962 leaf hash of each record
//   ledger/checkpoint                   the newest C2SP checkpoint (signed note)
//   ledger/checkpoints.log              every checkpoint given, one JSON line each
//   ledger/signing-key                  C2SP signer key (mode 0600); ledger/verify-key: the C2SP verifier key
//   ledger/resume                       where the next start reads on; may be lost
//   ledger/reserve                      room that is set aside; may be lost
//   ledger/<20-digit first index>.sums  what the exchanges of a removed segment add up to (sums.h)
//   digest-keys/<20-digit n>.keys       16-byte header, then 48 bytes an exchange: UUID, key
// Opening recovers: it starts from the last checkpoint, checks the records after it against their leaf
// hashes, cuts a torn tail (kept as ledger/torn-<index>-<time>), says so in the log and with a `recovery`
// record; damage that is not a torn tail (a bad record with good ones behind it, or below the checkpoint) is
// `corrupt` and refused.
//
// append() and the callbacks may be used from any thread; a Batch belongs to one.
class Ledger {
 public:
  // The caller holds the data folder's lock.
  static Result<std::unique_ptr<Ledger>> open(const std::string& data_folder, const Options& options);
  ~Ledger();  // final checkpoint and sync

  // Writes the whole batch (one write a file) in order, keys first, and clears it. When it returns, the
  // records survive the death of the process. With Sync::always they are not yet on the disk: see
  // when_durable(). Fails with `io`: then nothing of the batch counts, the file is cut back to
  // where it was, and the caller must let nothing leave. So with `unavailable`, where the disk has no room:
  // but see pass_over().
  Result<> append(Batch& batch);

  // Room on the disk (ledger/reserve, 1 MiB) that is set aside for what makes room: once the disk is full,
  // open_reserve() gives it up, and append() goes on failing with `unavailable`, so that nobody but
  // append_within_reserve() gets to it until close_reserve() sets it aside again, as far as there is room.
  // False: none of it is left. Without an open reserve append_within_reserve() is append(), except that no
  // gap record goes before what it writes.
  bool open_reserve();
  void close_reserve();
  Result<> append_within_reserve(Batch& batch);

  // Closes the segment that is written to, where it has records and the first of them is at least that old.
  // Whether it did.
  Result<bool> rotate(std::uint64_t min_age_ms = 0);

  // After append() failed with `unavailable`: counts exchanges that go on all the same, and outcomes that are
  // given up, where WhenFull::open says so. False: nothing may leave. What was counted becomes a `gap` record
  // in front of the next batch that fits, or at the next start.
  bool pass_over(std::uint64_t exchanges, std::uint64_t outcomes, std::uint64_t bytes);
  bool goes_on_when_full() const;
  Gap gap() const;                   // what awaits its record; empty: nothing
  std::uint64_t unrecorded() const;  // exchanges that were passed over since the start

  // Sync::always: calls `done` once everything appended so far is on the disk (from the ledger's own thread;
  // many callers share one fdatasync). Other modes: not needed, and called at once. When the disk fails
  // `done` gets `io`, and every later append() too.
  void when_durable(std::function<void(Result<>)> done);

  std::uint64_t size() const;         // records
  std::uint64_t signed_size() const;  // of them under a signed checkpoint
  Digest root() const;                // RFC 6962 Merkle tree hash of all records
  std::string verifier_key() const;   // C2SP: name+hash+base64
  Result<> checkpoint_now();          // sync, then sign and store one for all records

 private:
  Ledger();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct VerifyOptions {
  std::string checkpoint_file;             // a checkpoint kept elsewhere; empty: the folder's own
  std::vector<std::string> witness_notes;  // all that a witness holds (kept.h)
  std::string witness;                     // its name for problems
  std::string verifier_key;  // of the kept checkpoints, when it is not the folder's; empty: the folder's
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;  // bytes of records
  std::function<bool()> stopped;  // asked now and then; true: nobody wants the report any more (`closed`)
};

struct VerifyReport {
  bool ok = false;            // no problem but a torn tail
  std::uint64_t records = 0;  // complete records in the segments, and those that retention removed
  std::uint64_t removed = 0;  // of them the latter: their leaf hashes are there
  std::uint64_t covered = 0;  // of them under a valid checkpoint
  Digest root{};              // of all records
  struct Problem {
    std::string what;            // "record-changed", "record-missing", "truncated", …: all in README.md
    std::string message, where;  // where: file and record index
    std::uint64_t index = 0;
  };
  std::vector<Problem> problems;  // sorted by index
};

// Reads a ledger offline; writes nothing, needs no lock, may run beside the gate. Whole: every line against
// its leaf hash, every stored checkpoint's signature and root against the records, the order and number of
// segments. With kept checkpoints: also that their trees are prefixes of this one (which shows a truncated
// tail, and a history that was written anew). What is being written meanwhile is no problem. An Error only
// when the folder cannot be read at all or is `newer`, or when what the options name is no checkpoint or key
// (`invalid`, `not_found`). Problems are listed up to a thousand.
Result<VerifyReport> verify(const std::string& data_folder, const VerifyOptions& options = {});

// The last `n` records, oldest first (without newline).
Result<std::vector<std::string>> tail(const std::string& data_folder, std::size_t n);
// Follows the ledger from its end: calls `record` for each new line until `stop` is true. For `ledger tail
// --follow`.
Result<> follow(const std::string& data_folder, const std::function<void(std::string_view)>& record,
                const std::function<bool()>& stop);

// The key of an exchange's digests; `not_found` where it never was or has been erased.
Result<Key256> digest_key(const std::string& data_folder, const Id& exchange);

}  // namespace ostiary::ledger

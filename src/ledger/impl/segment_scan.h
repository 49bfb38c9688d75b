#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "ledger/impl/hashed_lines.h"
#include "ledger/impl/readers.h"

namespace ostiary::ledger {

// What a scan of a segment tells.
class ScanSink {
 public:
  virtual ~ScanSink() = default;
  virtual void leaves(std::span<const Digest> leaves) = 0;  // the next ones of the tree
  virtual void read(std::uint64_t bytes) = 0;               // progress
  virtual void problem(std::string_view what, std::string message, const std::string& file,
                       std::uint64_t index) = 0;
};

// Compares the lines of one segment with its leaf hashes, in one pass and bounded memory; lines are hashed on
// the helper's thread too. Every leaf hash goes to the sink in order, also where its line is missing. Lines
// that no leaf hash stands for are leaves too where they are the last of the last segment: written a moment
// ago, or before a crash.
class SegmentScan {
 public:
  // Records from `first` on; `next` is the first record of the segment behind it, if there is one.
  SegmentScan(const std::string& ledger, std::uint64_t first, std::optional<std::uint64_t> next,
              ScanSink& sink, Helper& helper);

  Result<> run();                                     // an Error where a file cannot be read or is `newer`
  std::uint64_t records() const { return records_; }  // complete lines

 private:
  struct Stray {
    Digest digest;
    std::uint64_t index;  // of the record, from 0 in the ledger
  };

  Result<> open();
  Result<> read_lines();
  void take(const HashedLines::Block& block);
  std::size_t take_fitting(std::span<const Digest> lines);
  void take(std::string_view line, const Digest& digest);
  std::optional<std::uint64_t> find(const Digest& line);
  void settle(std::uint64_t until);
  void miss(std::uint64_t until);
  bool pass(std::uint64_t i);
  void report_strays();
  Result<> finish();
  void finish_full(std::uint64_t last_line);
  bool growing();
  void problem(std::string_view what, std::string message, std::uint64_t i);

  const std::string log_, leaf_;
  const std::uint64_t first_;
  const std::optional<std::uint64_t> next_;
  ScanSink& sink_;
  Helper& helper_;
  std::optional<HashedLines> lines_;  // nothing where the file is missing or has no header
  std::optional<LeafReader> leaves_;
  std::uint64_t count_ = 0;  // leaf hashes known
  std::uint64_t due_ = 0;    // the leaf that the next line should fit, from 0 in this segment
  std::uint64_t records_ = 0;
  std::uint64_t leafless_ = 0;             // records at the end without a leaf hash
  std::uint64_t torn_ = 0;                 // bytes behind the last record
  std::uint64_t unmatched_ = 0;            // lines since the last one that fitted a leaf
  std::vector<Digest> unmatched_digests_;  // of the first of them
  std::vector<Stray> missing_, inserted_;  // leaves without line, lines without leaf: in pairs they are moves
};

}  // namespace ostiary::ledger

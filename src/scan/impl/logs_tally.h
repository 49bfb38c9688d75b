#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/hash.h"
#include "scan/impl/logs_clients.h"
#include "scan/impl/logs_hosts.h"
#include "scan/impl/logs_reader.h"

namespace ostiary::scan {

// The first and the last of some days, since 1970.
struct Days {
  std::int32_t first = std::numeric_limits<std::int32_t>::max(),
               last = std::numeric_limits<std::int32_t>::min();
  void add(std::int32_t day) {
    first = day < first ? day : first;
    last = day > last ? day : last;
  }
  void merge(const Days& other) {
    first = other.first < first ? other.first : first;
    last = other.last > last ? other.last : last;
  }
  bool any() const { return first <= last; }
};

// Turns clients into hashes: SipHash-2-4 (Aumasson and Bernstein) under a key that is drawn for the run and
// wiped with this object.
class Pseudonyms {
 public:
  Pseudonyms();
  explicit Pseudonyms(const Key256& key);  // of which 16 bytes count
  Pseudonyms(const Pseudonyms&) = delete;
  Pseudonyms& operator=(const Pseudonyms&) = delete;
  ~Pseudonyms();
  std::uint64_t of(std::string_view client) const;

 private:
  std::uint64_t key_[2];
};

// Counts requests by what they reached. Memory is bounded by the number of targets. One thread at a time.
class Tally {
 public:
  Tally(const HostIndex& hosts, const Pseudonyms& pseudonyms);

  // A request that HostIndex::may_hold() let through; whether it was of a target.
  bool add(const LogEntry& entry, std::optional<std::int32_t> day);
  void merge(const Tally& other);
  std::uint64_t matched() const { return matched_; }
  std::vector<LogRow> rows() const;  // in the order of LogReport

 private:
  struct Cell {
    std::uint64_t requests = 0, lookups = 0, refused = 0, out = 0, out_of = 0, in = 0, in_of = 0;
    Days days;
    ClientCount clients;
    std::map<std::uint32_t, std::uint64_t> hosts;  // by target
  };
  static void count(Cell& cell, const LogEntry& entry, std::optional<std::int32_t> day);
  LogRow row_of(std::size_t at) const;

  const HostIndex& hosts_;
  const Pseudonyms& pseudonyms_;
  std::vector<std::uint32_t> cell_of_;    // of a target; the mixed one follows
  std::vector<std::uint32_t> target_of_;  // one of a pair of cells
  std::vector<Cell> cells_;
  std::vector<HostIndex::Hit> hits_;
  std::uint64_t matched_ = 0;
};

}  // namespace ostiary::scan

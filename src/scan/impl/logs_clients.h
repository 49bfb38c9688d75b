#pragma once

#include <cstdint>
#include <vector>

namespace ostiary::scan {

// How many different 64-bit hashes it was given. It holds the hashes themselves up to kExact, and beyond that
// a HyperLogLog sketch of 16 KiB with the estimator of Ertl (2017), whose standard error is 0.8 %. The hashes
// must be of a keyed function, so that nobody who reads the memory finds what was hashed.
class ClientCount {
 public:
  static constexpr std::uint64_t kExact = 16'384;

  void add(std::uint64_t hash);
  void merge(const ClientCount& other);
  bool exact() const { return registers_.empty(); }
  std::uint64_t count() const;  // an estimate has two digits that count
  void wipe();

 private:
  bool insert(std::uint64_t hash);
  void sketch(std::uint64_t hash);
  double estimate() const;

  std::vector<std::uint64_t> slots_;  // open addressing, 0: free
  std::uint64_t held_ = 0;
  std::vector<std::uint8_t> registers_;  // empty: exact
};

}  // namespace ostiary::scan

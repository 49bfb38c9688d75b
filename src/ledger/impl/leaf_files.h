#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/result.h"

namespace ostiary::ledger {

// The leaf hashes of a whole ledger, one after the other over its segments. Reads go through 256 KiB of
// memory; nothing is held open between them. What is appended after open() is not seen.
class LeafFiles {
 public:
  // `not_found` where there is no ledger; `newer`, `io`.
  static Result<LeafFiles> open(const std::string& ledger);

  std::uint64_t size() const;  // leaf hashes without a gap from the first record on

  // Gives the leaves [from, to) in order, some at a time. `corrupt` where one is not there.
  using Sink = std::function<void(std::span<const Digest>)>;
  Result<> read(std::uint64_t from, std::uint64_t to, const Sink& sink) const;

 private:
  struct File {
    std::string path;
    std::uint64_t first, end;  // the records whose leaf hashes it holds
  };
  Result<> read_file(const File& file, std::uint64_t from, std::uint64_t to, const Sink& sink) const;

  std::string ledger_;
  std::vector<File> files_;
};

}  // namespace ostiary::ledger

#pragma once

#include <cstdint>
#include <string>

#include "base/file.h"

namespace ostiary::ledger {

// ledger/reserve: room that the file system has given and nobody writes to, so that on a full disk there is
// some to be had by giving it up. Best effort: where there is no room for it, it is smaller. It belongs to
// one thread at a time.
class Reserve {
 public:
  static constexpr std::uint64_t kBytes = 1U << 20, kPart = kBytes / 4;

  Reserve() = default;  // of nothing
  static Reserve open(const std::string& ledger_folder);

  void fill();  // takes what is missing, all or nothing
  // Gives all of it back to the file system, or a part; false where none is left.
  bool give_up();
  bool give_up_part();
  std::uint64_t size() const { return size_; }

 private:
  bool shrink(std::uint64_t to);
  Fd fd_;
  std::uint64_t size_ = 0;  // bytes set aside
};

}  // namespace ostiary::ledger

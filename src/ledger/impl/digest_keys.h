#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/impl/append_file.h"

namespace ostiary::ledger {

inline constexpr std::size_t kKeyEntry =
    48;  // bytes: UUID, key. An erased entry keeps its UUID before a key of zeros

std::string keys_path(const std::string& folder, std::uint64_t first);

// Opens the newest file of folder digest-keys for appending, or makes the first; half an entry at the end is
// cut off. A file is named by the number of entries before it.
struct KeysFile {
  std::uint64_t first = 0;
  AppendFile file;

  static Result<KeysFile> open_newest(const std::string& folder);
  static Result<KeysFile> create(const std::string& folder, std::uint64_t first);
  std::uint64_t end() const;  // entries in this file and before it
};

}  // namespace ostiary::ledger

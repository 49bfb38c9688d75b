#pragma once

#include <cstdint>
#include <string>

namespace ostiary::scan {

// A model file or dataset that a scan met, for who reads what is in it. Folders and shards that are one
// component come file by file.
struct ModelFileSeen {
  std::string path;         // as Place::file; of a member "a.zip!/dir/file"
  std::string format;       // id of catalog/format
  std::uint64_t bytes = 0;  // the whole file's, also where only its beginning was looked at
  bool by_bytes = false;    // its first bytes say so; false: its name alone, or what Git LFS keeps elsewhere
  std::string model;        // "owner/name" where it lies in a cache that says so
};

}  // namespace ostiary::scan

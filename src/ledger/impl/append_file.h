#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace ostiary::ledger {

// A file that grows at its end and is never left with half a write: what a failed append() wrote is cut off
// again, at the latest before the next one. start_sync() and sync() may run beside append() on another
// thread; everything else belongs to one.
class AppendFile {
 public:
  AppendFile() = default;  // no file yet
  // Makes the file (replacing what stood there) with `header` in it, mode 0600.
  static Result<AppendFile> create(const std::string& path, std::string_view header);
  // Opens it for appending at `size` bytes and cuts off what lies behind; `corrupt` where it is shorter.
  static Result<AppendFile> open(const std::string& path, std::uint64_t size);

  Result<> append(std::string_view bytes);  // `unavailable` for want of room, `io`: nothing was appended
  Result<> cut(std::uint64_t size);         // back to an earlier size
  void start_sync() const;                  // lets the disk begin with what sync() will wait for
  Result<> sync() const;                    // fdatasync
  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  AppendFile(Fd fd, std::string path, std::uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

  Fd fd_;
  std::string path_;
  std::uint64_t size_ = 0;
  bool longer_ = false;  // the file may hold bytes behind size_
};

// Puts `bytes` in the place of the file at `path` by rename: whoever reads sees the old or the new whole.
// With `durable` the bytes are on the disk before the rename, so that no power cut leaves an empty file.
Result<> replace_file(const std::string& path, std::string_view bytes, bool durable);

// "<20 digits of number><extension>".
std::string numbered_name(std::uint64_t number, std::string_view extension);
// The numbers of all such files of a folder, ascending; none where the folder is absent.
Result<std::vector<std::uint64_t>> list_numbered(const std::string& folder, std::string_view extension);

// The size of a file in bytes; `not_found` where it is not.
Result<std::uint64_t> file_size(const std::string& path);

}  // namespace ostiary::ledger

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace ostiary {

// Owns a file descriptor; closes it.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }
  void reset();
  int release() { return std::exchange(fd_, -1); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// A read-only mapping of a whole file.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  MappedFile(void* data, std::size_t size) : data_(data), size_(size) {}
  void* data_;
  std::size_t size_;
};

// The whole of a file; `too_large` when it is over `limit` bytes.
Result<std::string> read_file(const std::string& path, std::uint64_t limit = 1ULL << 30);
// Writes a file whole or not at all: a temporary beside it, fsync, rename, fsync of the folder.
Result<> write_file_atomic(const std::string& path, std::string_view bytes, unsigned mode = 0600);
// Writes all of `bytes` at the descriptor's position (restarts after signals and short writes).
Result<> write_all(int fd, std::string_view bytes, const std::string& where);
Result<> make_folder(const std::string& path, unsigned mode = 0700);  // with its parents
Result<> sync_folder(const std::string& path);

}  // namespace ostiary

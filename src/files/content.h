#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace ostiary::files {

struct Guarded;

// How the bytes of a file are to be taken, from its first 8 KiB.
enum class Encoding : std::uint8_t {
  bytes,     // no mark and no NUL: UTF-8, ASCII or an 8-bit encoding
  utf8_bom,  // begins with EF BB BF
  utf16_le,  // begins with FF FE
  utf16_be,  // begins with FE FF
  binary     // has a NUL, or begins as UTF-32
};
constexpr std::size_t kEncodingHead = 8192;
Encoding encoding_of(std::string_view bytes);

// The bytes of one file. What is small, and what a pipe brings, is held in memory of its own; a larger file
// is mapped. Where another program cuts a mapped file meanwhile, what is gone reads as zeros, and changed()
// says so.
class Content {
 public:
  static constexpr std::size_t kMappedFrom = 64u << 20;

  Content() = default;
  explicit Content(std::string bytes) : own_(std::move(bytes)) {}
  Content(Content&& other) noexcept;
  Content& operator=(Content&& other) noexcept;
  ~Content();

  // Reads what is open at `fd`, from its beginning if it has one. `too_large` when it is over `limit` bytes.
  // The descriptor stays the caller's. `where` is for errors.
  static Result<Content> read(int fd, std::uint64_t limit, const std::string& where);

  std::string_view bytes() const { return map_ ? std::string_view(map_, mapped_) : std::string_view(own_); }
  // Whether bytes that were read so far were no longer there. To be asked after reading.
  bool changed() const;
  Encoding encoding() const { return encoding_of(bytes()); }

 private:
  static Result<Content> read_pipe(int fd, std::uint64_t limit, const std::string& where);
  std::string own_;
  const char* map_ = nullptr;
  std::size_t mapped_ = 0;
  Guarded* guarded_ = nullptr;  // of a file, not of a pipe
};

}  // namespace ostiary::files

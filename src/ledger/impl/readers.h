#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "base/result.h"

namespace ostiary::ledger {

inline constexpr std::size_t kMaxLine = 64U << 20;  // bytes; a longer line is damage

// The complete lines of a part of a file, in order, with one MiB of memory (or the longest line). It reads
// rather than maps: the writer may cut the file back while it is read.
class LineReader {
 public:
  // Bytes [from, to) of the file; `to` is lowered to the file's size.
  static Result<LineReader> open(const std::string& path, std::uint64_t from, std::uint64_t to);

  // The next line without its newline, valid until the next call; false at the end. `corrupt` over kMaxLine,
  // `io`.
  Result<bool> next(std::string_view& line);
  std::uint64_t offset() const { return offset_; }  // in the file, just behind the last line that next() gave
  std::uint64_t end() const { return end_; }        // `to`
  // Once next() was false: the bytes of an unfinished line at the end.
  std::uint64_t unfinished() const { return end_ - offset_; }

 private:
  LineReader(Fd fd, std::string path, std::uint64_t from, std::uint64_t to);
  Result<bool> fill();

  Fd fd_;
  std::string path_;
  std::vector<char> buffer_;
  std::size_t start_ = 0, filled_ = 0;  // the bytes not given yet stand in buffer_[start_, filled_)
  std::uint64_t offset_, read_, end_;
};

// The leaf hashes of a segment, read through a window; made for going forward with a look ahead.
class LeafReader {
 public:
  // Of a `.leaf` file; its header is not looked at.
  static Result<LeafReader> open(const std::string& path);

  std::uint64_t count() const { return count_; }  // complete leaves
  bool ragged() const { return ragged_; }         // a part of one more stands behind them
  Result<> refresh();                             // looks at the file's size again
  // Leaf number i (from 0 in this file), valid until the next call; null where there is none.
  const Digest* at(std::uint64_t i);
  // Leaf number i and some behind it, valid until the next call; none where there is no leaf i.
  std::span<const Digest> from(std::uint64_t i);

 private:
  LeafReader(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Fd fd_;
  std::string path_;
  std::vector<Digest> window_;
  std::uint64_t base_ = 0;  // number of window_[0]
  std::uint64_t count_ = 0;
  bool ragged_ = false;
};

// The end of a file of lines.
struct LastLines {
  std::vector<std::string> lines;  // oldest first, without newlines
  std::uint64_t end = 0;           // just behind the last newline of the file
};

// The last `n` complete lines among the bytes from `from` on.
Result<LastLines> last_lines(const std::string& path, std::uint64_t from, std::size_t n);

}  // namespace ostiary::ledger

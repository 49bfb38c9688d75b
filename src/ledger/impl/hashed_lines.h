#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "base/result.h"

namespace ostiary::ledger {

// A thread that does one piece of work at a time beside its owner; started when there is some.
class Helper {
 public:
  Helper() = default;
  ~Helper();
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;
  void begin(std::function<void()> work);  // nothing may be under way
  void wait();                             // until nothing is under way

 private:
  void start();
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> work_;  // empty: nothing is under way
  bool stop_ = false;
  std::thread thread_;
};

// The complete lines of a file with their leaf hashes (RFC 6962), in order, some megabytes at a time. Lines
// are hashed two at a time on this thread and the helper's; while the caller looks at a block the next one is
// read. It reads rather than maps: the writer may cut the file back meanwhile. Memory: two blocks, each of 4
// MiB or the longest line.
class HashedLines {
 public:
  explicit HashedLines(Helper& helper) : helper_(helper) {}
  ~HashedLines() { helper_.wait(); }
  HashedLines(const HashedLines&) = delete;
  HashedLines& operator=(const HashedLines&) = delete;

  // From byte `from` to where the file ends now.
  Result<> open(const std::string& path, std::uint64_t from);

  struct Block {
    std::span<const std::string_view> lines;  // without newlines
    std::span<const Digest> leaves;           // of each
  };
  // The next lines, valid until the next call; false at the end. `corrupt` where a line is over kMaxLine,
  // `io`.
  Result<bool> next(Block& block);
  std::uint64_t offset() const { return offset_; }  // in the file, just behind the last line that next() gave
  // Once next() was false:
  std::uint64_t end() const { return end_; }                   // of the file
  std::uint64_t unfinished() const { return end_ - offset_; }  // bytes of a line without newline

 private:
  struct Buffer {
    std::unique_ptr<char[]> bytes;  // one of room for a prefix, then what was read
    std::size_t room = 0, filled = 0;
    std::vector<std::string_view> lines;
    std::vector<Digest> leaves;
    std::size_t rest = 0;  // where the unfinished line behind them begins
    std::optional<Error> error;
  };
  void fill(Buffer& buffer, std::string_view carried);
  bool read_more(Buffer& buffer);
  static void make_room(Buffer& buffer, std::size_t more);
  static void hash(Buffer& buffer, std::size_t from, std::size_t to);

  Helper& helper_;
  Fd fd_;
  std::string path_;
  Buffer now_, ahead_;
  bool begun_ = false;
  std::uint64_t offset_ = 0, read_ = 0, end_ = 0;
};

}  // namespace ostiary::ledger

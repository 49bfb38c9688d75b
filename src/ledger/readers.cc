#include "ledger/impl/readers.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/impl/segment.h"

namespace ostiary::ledger {

namespace {

constexpr std::size_t kLineBuffer = 1U << 17;  // bytes: read and walked while they are in the cache
constexpr std::size_t kWindow = 4096;          // leaves
constexpr std::size_t kBehind = 256;           // leaves of it before the one asked for

Result<std::uint64_t> size_of(int fd, const std::string& path) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return fail_errno("read the file's size", path, errno);
  return static_cast<std::uint64_t>(info.st_size);
}

// Reads until `size` bytes are there or the file ends; the number read.
Result<std::size_t> read_at(int fd, char* to, std::size_t size, std::uint64_t offset,
                            const std::string& path) {
  std::size_t got = 0;
  while (got < size) {
    const auto n = ::pread(fd, to + got, size - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read the file", path, errno);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

}  // namespace

LineReader::LineReader(Fd fd, std::string path, std::uint64_t from, std::uint64_t to)
    : fd_(std::move(fd)), path_(std::move(path)), offset_(from), read_(from), end_(to) {}

Result<LineReader> LineReader::open(const std::string& path, std::uint64_t from, std::uint64_t to) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open the file", path, errno);
  TRY(const auto size, size_of(fd.get(), path));
  to = std::min(to, size);
  return LineReader(std::move(fd), path, std::min(from, to), to);
}

Result<bool> LineReader::fill() {
  if (read_ == end_) return false;
  if (start_ > 0) std::memmove(buffer_.data(), buffer_.data() + start_, filled_ - start_);
  filled_ -= start_;
  start_ = 0;
  if (filled_ >= kMaxLine) return fail(Code::corrupt, "a line is over 64 MiB", path_);
  if (buffer_.size() - filled_ < kLineBuffer / 2) {
    const auto most = std::max(kLineBuffer, buffer_.size() * 2);
    buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(most, filled_ + (end_ - read_))));
  }
  const auto want = std::min<std::uint64_t>(buffer_.size() - filled_, end_ - read_);
  TRY(const auto got, read_at(fd_.get(), buffer_.data() + filled_, want, read_, path_));
  if (got < want) end_ = read_ + got;  // the file was cut back meanwhile
  filled_ += got;
  read_ += got;
  return got > 0;
}

Result<bool> LineReader::next(std::string_view& line) {
  for (std::size_t searched = start_;;) {
    const char* from = buffer_.data() + searched;
    const auto* found =
        searched < filled_ ? static_cast<const char*>(std::memchr(from, '\n', filled_ - searched)) : nullptr;
    if (found) {
      const char* begin = buffer_.data() + start_;
      line = {begin, static_cast<std::size_t>(found - begin)};
      start_ += line.size() + 1;
      offset_ += line.size() + 1;
      return true;
    }
    const auto unsearched_from = filled_ - start_;
    TRY(const bool more, fill());
    if (!more) return false;
    searched = start_ + unsearched_from;
  }
}

Result<LeafReader> LeafReader::open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open the file", path, errno);
  LeafReader reader(std::move(fd), path);
  TRY_VOID(reader.refresh());
  return reader;
}

Result<> LeafReader::refresh() {
  TRY(const auto size, size_of(fd_.get(), path_));
  const auto bytes = size - std::min<std::uint64_t>(size, kLeafHeader.size());
  count_ = bytes / sizeof(Digest);
  ragged_ = bytes % sizeof(Digest) != 0;
  return {};
}

const Digest* LeafReader::at(std::uint64_t i) {
  if (i >= base_ && i - base_ < window_.size()) return &window_[i - base_];
  if (i >= count_) return nullptr;
  base_ = i - std::min<std::uint64_t>(i, kBehind);
  window_.resize(std::min<std::uint64_t>(kWindow, count_ - base_));
  const auto got =
      read_at(fd_.get(), reinterpret_cast<char*>(window_.data()), window_.size() * sizeof(Digest),
              kLeafHeader.size() + base_ * sizeof(Digest), path_);
  window_.resize(got ? *got / sizeof(Digest) : 0);
  return i - base_ < window_.size() ? &window_[i - base_] : nullptr;
}

std::span<const Digest> LeafReader::from(std::uint64_t i) {
  const Digest* leaf = at(i);
  if (!leaf) return {};
  return {leaf, window_.size() - static_cast<std::size_t>(leaf - window_.data())};
}

Result<LastLines> last_lines(const std::string& path, std::uint64_t from, std::size_t n) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open the file", path, errno);
  TRY(const auto size, size_of(fd.get(), path));
  // Blocks are read from the end until one newline more than lines are in them (the one before the first
  // line).
  std::vector<std::string> blocks;
  std::size_t newlines = 0;
  std::uint64_t start = std::max(size, from);
  while (start > from && newlines <= n) {
    const auto take = std::min<std::uint64_t>(kLineBuffer / 2, start - from);
    std::string block(take, '\0');
    TRY(const auto got, read_at(fd.get(), block.data(), take, start - take, path));
    block.resize(got);
    start -= take;
    newlines += static_cast<std::size_t>(std::ranges::count(block, '\n'));
    blocks.push_back(std::move(block));
  }
  std::string text;
  for (std::size_t i = blocks.size(); i-- > 0;) text += blocks[i];
  LastLines last;
  const auto end = text.rfind('\n');
  last.end = end == text.npos ? start : start + end + 1;
  for (auto at = end; at != text.npos && last.lines.size() < n;) {
    const auto before = at == 0 ? text.npos : text.rfind('\n', at - 1);
    if (before == text.npos && start > from) break;
    const auto begin = before == text.npos ? 0 : before + 1;
    last.lines.push_back(text.substr(begin, at - begin));
    at = before;
  }
  std::ranges::reverse(last.lines);
  return last;
}

}  // namespace ostiary::ledger

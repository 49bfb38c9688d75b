#include "ledger/impl/hashed_lines.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include <utility>

#include "base/hash_pair.h"
#include "ledger/impl/append_file.h"
#include "ledger/impl/readers.h"

namespace ostiary::ledger {

namespace {
constexpr std::size_t kBlockBytes = 4U << 20;
constexpr std::size_t kWorthSharing = 512;  // lines of a block
}  // namespace

Helper::~Helper() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

// The thread answers no signals: those are the program's.
void Helper::start() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Helper::begin(std::function<void()> work) {
  if (!thread_.joinable()) start();
  {
    const std::lock_guard lock(mutex_);
    work_ = std::move(work);
  }
  changed_.notify_all();
}

void Helper::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !work_; });
}

void Helper::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || work_; });
    if (!work_) return;
    lock.unlock();
    work_();
    lock.lock();
    work_ = nullptr;
    changed_.notify_all();
  }
}

Result<> HashedLines::open(const std::string& path, std::uint64_t from) {
  fd_ = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_) return fail_errno("open the file", path, errno);
  path_ = path;
  TRY(end_, file_size(path));
  offset_ = read_ = std::min(from, end_);
  ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return {};
}

Result<bool> HashedLines::next(Block& block) {
  helper_.wait();
  if (begun_)
    std::swap(now_, ahead_);
  else
    fill(now_, {});
  begun_ = true;
  if (now_.error) return std::unexpected(*now_.error);
  if (now_.lines.empty()) return false;
  const auto count = now_.lines.size();
  const auto mine = count < kWorthSharing ? count : count / 2;
  if (mine < count) helper_.begin([this, mine, count] { hash(now_, mine, count); });
  hash(now_, 0, mine);
  helper_.wait();
  const auto fill_ahead = [this] { fill(ahead_, {now_.bytes.get() + now_.rest, now_.filled - now_.rest}); };
  if (read_ < end_)
    helper_.begin(fill_ahead);
  else
    fill_ahead();
  offset_ += now_.rest - 1;
  block = {now_.lines, now_.leaves};
  return true;
}

// Reads until there is a whole line, or the end.
void HashedLines::fill(Buffer& buffer, std::string_view carried) {
  buffer.lines.clear();
  buffer.filled = buffer.rest = 1;
  make_room(buffer, carried.size() + std::min<std::uint64_t>(kBlockBytes, end_ - read_));
  if (!carried.empty()) std::memcpy(buffer.bytes.get() + 1, carried.data(), carried.size());
  buffer.filled += carried.size();
  for (auto searched = buffer.filled; buffer.lines.empty() && read_more(buffer); searched = buffer.filled) {
    char* const bytes = buffer.bytes.get();
    char *from = bytes + searched, *end = bytes + buffer.filled;
    while (auto* newline =
               static_cast<char*>(std::memchr(from, '\n', static_cast<std::size_t>(end - from)))) {
      char* const begin = bytes + buffer.rest;
      buffer.lines.emplace_back(begin, static_cast<std::size_t>(newline - begin));
      from = newline + 1;
      buffer.rest = static_cast<std::size_t>(from - bytes);
    }
  }
  buffer.leaves.resize(buffer.lines.size());
}

void HashedLines::make_room(Buffer& buffer, std::size_t more) {
  if (buffer.room >= buffer.filled + more) return;
  auto larger = std::make_unique_for_overwrite<char[]>(buffer.filled + more);
  if (buffer.bytes) std::memcpy(larger.get(), buffer.bytes.get(), buffer.filled);
  buffer.bytes = std::move(larger);
  buffer.room = buffer.filled + more;
}

// False at the end of the file, or with an error.
bool HashedLines::read_more(Buffer& buffer) {
  if (read_ == end_) return false;
  if (buffer.filled > kMaxLine) {
    buffer.error = {Code::corrupt, "a line is over 64 MiB", path_};
    return false;
  }
  if (buffer.room == buffer.filled) make_room(buffer, std::min(buffer.filled, kMaxLine + 1 - buffer.filled));
  const auto want = std::min<std::uint64_t>(buffer.room - buffer.filled, end_ - read_);
  std::size_t got = 0;
  while (got < want) {
    const auto n = ::pread(fd_.get(), buffer.bytes.get() + buffer.filled + got, want - got,
                           static_cast<off_t>(read_ + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      buffer.error = fail_errno("read the file", path_, errno).error();
      return false;
    }
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  read_ += got;
  buffer.filled += got;
  if (got < want) end_ = read_;  // the file was cut back meanwhile
  return got > 0;
}

// A leaf is hashed with a zero byte before it, which takes the place of the newline that stood there.
void HashedLines::hash(Buffer& buffer, std::size_t from, std::size_t to) {
  const auto message = [&](std::size_t i) {
    char* const begin = buffer.bytes.get() + (buffer.lines[i].data() - buffer.bytes.get()) - 1;
    *begin = '\0';
    return std::string_view(begin, buffer.lines[i].size() + 1);
  };
  auto i = from;
  for (; i + 1 < to; i += 2) sha256_pair(message(i), message(i + 1), buffer.leaves[i], buffer.leaves[i + 1]);
  if (i < to) buffer.leaves[i] = sha256(message(i));
}

}  // namespace ostiary::ledger

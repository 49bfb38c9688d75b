#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "store/store.h"

namespace ostiary::store {

namespace {

constexpr std::string_view kLockMagic = "ostiary-lock 1 ";
constexpr std::string_view kVersionMagic = "ostiary-data ";
constexpr std::uint64_t kVersion = 1;

// The holder as the lock file names it: "process 123", or "another process" while it is being written.
std::string holder(const std::string& path) {
  const auto content = read_file(path, 256);
  if (content && content->starts_with(kLockMagic)) {
    const auto pid = text::trim(std::string_view(*content).substr(kLockMagic.size()));
    if (text::parse_uint(pid)) return "process " + std::string(pid);
  }
  return "another process";
}

Result<> check_version(const std::string& data_folder) {
  const auto path = data_folder + "/VERSION";
  const auto content = read_file(path, 4096);
  if (!content && content.error().code == Code::not_found)
    return write_file_atomic(path, fmt::format("{}{}\n", kVersionMagic, kVersion), 0644);
  if (!content) return std::unexpected(content.error());
  const auto line = text::trim(*content);
  const auto version =
      line.starts_with(kVersionMagic) ? text::parse_uint(line.substr(kVersionMagic.size())) : std::nullopt;
  if (!version || *version == 0)
    return fail(Code::corrupt,
                "does not say \"ostiary-data 1\": is this a data folder of ostiary? Name another with --data",
                path);
  if (*version > kVersion)
    return fail(Code::newer,
                fmt::format("the data folder has version {} and this ostiary knows {}: use the newer ostiary",
                            *version, kVersion),
                path);
  return {};
}

}  // namespace

Result<DataLock> DataLock::acquire(const std::string& data_folder) {
  TRY_VOID(make_folder(data_folder, 0700));
  const auto path = data_folder + "/lock";
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("open the lock", path, errno);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return fail_errno("lock the data folder", path, errno);
    return fail(Code::unavailable,
                fmt::format("the data folder is in use by {}; stop it, or name another folder with --data",
                            holder(path)),
                data_folder);
  }
  DataLock lock(fd.release());
  if (::ftruncate(lock.fd_, 0) != 0) return fail_errno("write the lock", path, errno);
  TRY_VOID(write_all(lock.fd_, fmt::format("{}{}\n", kLockMagic, ::getpid()), path));
  TRY_VOID(check_version(data_folder));
  return lock;
}

DataLock::DataLock(DataLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DataLock& DataLock::operator=(DataLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

// The file stays: removing it would let two processes lock two files of one name.
DataLock::~DataLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace ostiary::store

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "store/data_folder.h"
#include "store/store.h"

namespace ostiary::store {

namespace {

namespace fs = std::filesystem;

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

Result<> check_version(const std::string& path, std::string_view content) {
  const auto line = text::trim(content);
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

std::string version_path(const std::string& data_folder) {
  return data_folder + "/VERSION";
}

// What may stand in a folder that becomes a data folder: what a start that was cut off leaves, and what a
// fresh file system has.
bool counts_as_empty(const fs::path& name) {
  return name == "lock" || name == "VERSION.new" || name == "control.sock" || name == "lost+found";
}

// A folder that holds something else is nobody's data folder by mistake.
Result<> check_new(const std::string& data_folder) {
  std::error_code error;
  fs::directory_iterator entries(data_folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error))
    if (!counts_as_empty(entries->path().filename()))
      return fail(Code::invalid, "is not a data folder of ostiary; name an empty or new one with --data",
                  data_folder);
  if (!error || error == std::errc::no_such_file_or_directory) return {};
  if (error == std::errc::not_a_directory)
    return fail(Code::invalid, "is not a folder; name another with --data", data_folder);
  return fail(Code::io, "cannot read the data folder: " + error.message(), data_folder);
}

// Before anything is written.
Result<> check_ours(const std::string& data_folder) {
  const auto content = read_file(version_path(data_folder), 4096);
  if (content) return check_version(version_path(data_folder), *content);
  if (content.error().code == Code::denied)
    return fail(Code::io, content.error().message, content.error().where);
  return check_new(data_folder);
}

}  // namespace

Result<DataLock> DataLock::acquire(const std::string& data_folder) {
  TRY_VOID(check_ours(data_folder));
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
  if (!fs::exists(version_path(data_folder)))
    TRY_VOID(
        write_file_atomic(version_path(data_folder), fmt::format("{}{}\n", kVersionMagic, kVersion), 0644));
  return lock;
}

Result<> check_data_folder(const std::string& data_folder) {
  const auto path = version_path(data_folder);
  const auto content = read_file(path, 4096);
  if (content) return check_version(path, *content);
  if (content.error().code == Code::not_found)
    return fail(Code::not_found, "there is no data folder of ostiary; name one with --data", data_folder);
  return fail(Code::io, content.error().message, content.error().where);
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

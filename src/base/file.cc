#include "base/file.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ostiary {

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<MappedFile> MappedFile::open(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open the file", path, errno);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("read the file's size", path, errno);
  if (info.st_size == 0) return MappedFile(nullptr, 0);
  void* data = ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) return fail_errno("map the file", path, errno);
  return MappedFile(data, static_cast<std::size_t>(info.st_size));
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(data_, size_);
}

Result<std::string> read_file(const std::string& path, std::uint64_t limit) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open the file", path, errno);
  std::string out;
  char buffer[65536];
  for (;;) {
    const auto n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read the file", path, errno);
    if (n == 0) return out;
    out.append(buffer, static_cast<std::size_t>(n));
    if (out.size() > limit)
      return fail(Code::too_large, "the file is over " + std::to_string(limit) + " bytes", path);
  }
}

Result<> write_all(int fd, std::string_view bytes, const std::string& where) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("write the file", where, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<> sync_folder(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno("open the folder", path, errno);
  if (::fsync(fd.get()) != 0) return fail_errno("sync the folder", path, errno);
  return {};
}

Result<> write_file_atomic(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string temporary = path + ".new";
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd) return fail_errno("create the file", temporary, errno);
  const auto discard = [&](Result<> error) {
    ::unlink(temporary.c_str());
    return error;
  };
  if (auto written = write_all(fd.get(), bytes, temporary); !written) return discard(std::move(written));
  if (::fsync(fd.get()) != 0) return discard(fail_errno("sync the file", temporary, errno));
  fd.reset();
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return discard(fail_errno("put the file in place", path, errno));
  const auto folder = std::filesystem::path(path).parent_path().string();
  return sync_folder(folder.empty() ? "." : folder);
}

Result<> make_folder(const std::string& path, unsigned mode) {
  std::error_code error;
  const std::filesystem::path folder(path);
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  if (error) return fail_errno("create the folder", folder.parent_path().string(), error.value());
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return fail_errno("create the folder", path, errno);
  if (!std::filesystem::is_directory(folder, error)) return fail(Code::invalid, "is not a folder", path);
  return {};
}

}  // namespace ostiary

#include "ledger/impl/append_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace ostiary::ledger {

namespace {

std::unexpected<Error> io_error(std::string_view what, const std::string& path, int number) {
  std::string message = fmt::format("cannot {}: {}", what, std::strerror(number));
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  if (full) message += "; free space on its disk";
  return fail(full ? Code::unavailable : Code::io, std::move(message), path);
}

Result<> write_at(int fd, std::string_view bytes, std::uint64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    const auto n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("write the file", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

}  // namespace

Result<AppendFile> AppendFile::create(const std::string& path, std::string_view header) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return io_error("create the file", path, errno);
  if (auto written = write_at(fd.get(), header, 0, path); !written) {
    ::unlink(path.c_str());
    return std::unexpected(written.error());
  }
  return AppendFile(std::move(fd), path, header.size());
}

Result<AppendFile> AppendFile::open(const std::string& path, std::uint64_t size) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return fail_errno("open the file", path, errno);
  AppendFile file(std::move(fd), path, size);
  TRY(const auto there, file_size(path));
  if (there < size)
    return fail(Code::corrupt, fmt::format("the file has {} bytes and should have {}", there, size), path);
  TRY_VOID(file.cut(size));
  return file;
}

Result<> AppendFile::append(std::string_view bytes) {
  if (longer_) TRY_VOID(cut(size_));
  if (auto written = write_at(fd_.get(), bytes, size_, path_); !written) {
    (void)cut(size_);  // tried again before the next append where it fails
    return written;
  }
  size_ += bytes.size();
  return {};
}

Result<> AppendFile::cut(std::uint64_t size) {
  size_ = size;
  longer_ = true;
  while (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
    if (errno != EINTR) return io_error("cut the file back", path_, errno);
  longer_ = false;
  return {};
}

void AppendFile::start_sync() const {
  (void)::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

Result<> AppendFile::sync() const {
  while (::fdatasync(fd_.get()) != 0)
    if (errno != EINTR) return io_error("bring the file to the disk", path_, errno);
  return {};
}

Result<> replace_file(const std::string& path, std::string_view bytes, bool durable) {
  const std::string temporary = path + ".new";
  TRY(auto file, AppendFile::create(temporary, bytes));
  if (durable) TRY_VOID(file.sync());
  if (::rename(temporary.c_str(), path.c_str()) != 0) return io_error("put the file in place", path, errno);
  return {};
}

std::string numbered_name(std::uint64_t number, std::string_view extension) {
  return fmt::format("{:020}{}", number, extension);
}

Result<std::vector<std::uint64_t>> list_numbered(const std::string& folder, std::string_view extension) {
  std::vector<std::uint64_t> numbers;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error == std::errc::no_such_file_or_directory) return numbers;
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const auto name = entries->path().filename().string();
    if (name.size() != 20 + extension.size() || !name.ends_with(extension)) continue;
    if (const auto number = text::parse_uint(std::string_view(name).substr(0, 20)))
      numbers.push_back(*number);
  }
  if (error) return io_error("list the folder", folder, error.value());
  std::ranges::sort(numbers);
  return numbers;
}

Result<std::uint64_t> file_size(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return fail_errno("read the file's size", path, errno);
  return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace ostiary::ledger

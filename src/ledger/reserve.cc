#include "ledger/impl/reserve.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace ostiary::ledger {

namespace {

constexpr std::string_view kHeader = "ostiary-reserve 1\n";

// Allocated, not only long: a sparse file holds no room.
std::uint64_t allocated(int fd) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return 0;
  constexpr std::uint64_t block = 512;
  return std::min(static_cast<std::uint64_t>(info.st_size),
                  static_cast<std::uint64_t>(info.st_blocks) * block);
}

}  // namespace

Reserve Reserve::open(const std::string& ledger_folder) {
  Reserve reserve;
  reserve.fd_ = Fd(::open((ledger_folder + "/reserve").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!reserve.fd_) return reserve;
  reserve.size_ = allocated(reserve.fd_.get());
  if (reserve.size_ == 0) (void)!::pwrite(reserve.fd_.get(), kHeader.data(), kHeader.size(), 0);
  reserve.fill();
  return reserve;
}

void Reserve::fill() {
  if (!fd_ || size_ >= kBytes) return;
  int error = EINTR;
  while (error == EINTR) error = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(kBytes));
  if (error == 0)
    size_ = kBytes;
  else
    (void)shrink(size_);  // what a half success took
}

bool Reserve::shrink(std::uint64_t to) {
  if (!fd_ || ::ftruncate(fd_.get(), static_cast<off_t>(to)) != 0) return false;
  size_ = to;
  return true;
}

bool Reserve::give_up() {
  return size_ > kHeader.size() && shrink(kHeader.size());
}

bool Reserve::give_up_part() {
  return size_ > kHeader.size() &&
         shrink(std::max<std::uint64_t>(kHeader.size(), size_ - std::min(size_, kPart)));
}

}  // namespace ostiary::ledger

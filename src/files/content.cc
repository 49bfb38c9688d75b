#include "files/content.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "files/impl/guarded.h"

namespace ostiary::files {

namespace {

std::unexpected<Error> over(std::uint64_t limit, const std::string& where) {
  return fail(Code::too_large, fmt::format("the file is over {}", text::format_bytes(limit)), where);
}

// To the end, or one byte over the limit.
Result<std::string> read_all(int fd, std::uint64_t expected, std::uint64_t limit, const std::string& where) {
  std::string out;
  // Filled by the system: zeros first would cost as much as the reading of what is cached.
  out.resize_and_overwrite(std::min(expected, limit) + 1, [](char*, std::size_t size) { return size; });
  std::size_t have = 0;
  for (;;) {
    if (have == out.size()) out.resize(std::min<std::uint64_t>(have * 2 + 65536, limit + 1));
    const auto n = ::read(fd, out.data() + have, out.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read the file", where, errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
    if (have > limit) return over(limit, where);
  }
  out.resize(have);
  return out;
}

// Memory that grows without being copied, so that no byte is ever held twice.
class Growing {
 public:
  Growing() = default;
  Growing(const Growing&) = delete;
  Growing& operator=(const Growing&) = delete;
  ~Growing() {
    if (at_) ::munmap(at_, size_);
  }
  bool resize(std::size_t size) {
    void* const moved =
        at_ ? ::mremap(at_, size_, size, MREMAP_MAYMOVE)
            : ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (moved == MAP_FAILED) return false;
    at_ = static_cast<char*>(moved), size_ = size;
    return true;
  }
  char* at() const { return at_; }
  std::size_t size() const { return size_; }
  char* release() { return std::exchange(at_, nullptr); }

 private:
  char* at_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace

Encoding encoding_of(std::string_view bytes) {
  using std::string_view_literals::operator""sv;
  if (bytes.starts_with("\xFF\xFE\0\0"sv) || bytes.starts_with("\0\0\xFE\xFF"sv)) return Encoding::binary;
  if (bytes.starts_with("\xFF\xFE")) return Encoding::utf16_le;
  if (bytes.starts_with("\xFE\xFF")) return Encoding::utf16_be;
  if (bytes.substr(0, kEncodingHead).contains('\0')) return Encoding::binary;
  return bytes.starts_with("\xEF\xBB\xBF") ? Encoding::utf8_bom : Encoding::bytes;
}

Content::Content(Content&& other) noexcept
    : own_(std::move(other.own_)),
      map_(std::exchange(other.map_, nullptr)),
      mapped_(std::exchange(other.mapped_, 0)),
      guarded_(std::exchange(other.guarded_, nullptr)) {}

Content& Content::operator=(Content&& other) noexcept {
  std::swap(own_, other.own_);
  std::swap(map_, other.map_);
  std::swap(mapped_, other.mapped_);
  std::swap(guarded_, other.guarded_);
  return *this;
}

Content::~Content() {
  if (guarded_) release(guarded_);
  if (map_) ::munmap(const_cast<char*>(map_), mapped_);
}

bool Content::changed() const {
  return guarded_ && guarded_->changed.load(std::memory_order_relaxed);
}

// A pipe or device: how much comes is not known.
Result<Content> Content::read_pipe(int fd, std::uint64_t limit, const std::string& where) {
  constexpr std::size_t first = 256u << 10;
  Growing memory;
  std::size_t have = 0;
  for (;;) {
    if (have == memory.size() && !memory.resize(std::max(first, have * 2)))
      return fail_errno("hold the text in memory", where, errno);
    const auto n = ::read(fd, memory.at() + have, memory.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read the file", where, errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
    if (have > limit) return over(limit, where);
  }
  Content content;
  if (have == 0) return content;
  memory.resize(have);
  content.map_ = memory.release();
  content.mapped_ = have;
  return content;
}

Result<Content> Content::read(int fd, std::uint64_t limit, const std::string& where) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return fail_errno("read the file's size", where, errno);
  if (!S_ISREG(info.st_mode)) return read_pipe(fd, limit, where);
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > limit) return over(limit, where);
  if (size < kMappedFrom) {
    TRY(auto bytes, read_all(fd, size, limit, where));
    return Content(std::move(bytes));
  }
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED) return fail_errno("map the file", where, errno);
  Content content;
  content.map_ = static_cast<const char*>(data);
  content.mapped_ = size;
  content.guarded_ = guard(content.map_, size);
  if (!content.guarded_) return fail(Code::io, "too many large files are open at once", where);
  return content;
}

}  // namespace ostiary::files

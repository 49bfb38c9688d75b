#include "ledger/impl/key_eraser.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "ledger/impl/append_file.h"
#include "ledger/impl/digest_keys.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

namespace {

constexpr std::size_t kEntriesAtOnce = 4096;
constexpr std::size_t kIdBytes = sizeof(Id::bytes);

Result<std::size_t> read_at(int fd, std::vector<char>& into, std::uint64_t offset, const std::string& path) {
  std::size_t got = 0;
  while (got < into.size()) {
    const auto n = ::pread(fd, into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read the file", path, errno);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

Result<> write_zeros(int fd, std::uint64_t offset, const std::string& path) {
  const Key256 zeros{};
  for (std::size_t done = 0; done < zeros.size();) {
    const auto n = ::pwrite(fd, zeros.data(), zeros.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("overwrite a digest key", path, errno);
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Result<std::uint64_t> erase_in(const std::string& path, const IdSet& exchanges) {
  TRY(const auto header, check_header(path, kKeysHeader));
  if (header == Header::torn) return 0;
  if (header != Header::good) return header_error(header, path);
  const Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return fail_errno("open the file", path, errno);
  std::uint64_t found = 0;
  bool changed = false;
  std::vector<char> block(kEntriesAtOnce * kKeyEntry);
  for (std::uint64_t offset = kKeysHeader.size();; offset += block.size()) {
    TRY(const auto got, read_at(fd.get(), block, offset, path));
    for (std::size_t at = 0; at + kKeyEntry <= got; at += kKeyEntry) {
      Id id;
      std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(at), kIdBytes, id.bytes.begin());
      if (!exchanges.contains(id)) continue;
      ++found;
      const auto* key = block.data() + at + kIdBytes;
      if (std::all_of(key, key + sizeof(Key256), [](char c) { return c == 0; })) continue;
      TRY_VOID(write_zeros(fd.get(), offset + at + kIdBytes, path));
      changed = true;
    }
    if (got < block.size()) break;
  }
  while (changed && ::fdatasync(fd.get()) != 0)
    if (errno != EINTR) return fail_errno("bring the file to the disk", path, errno);
  return found;
}

}  // namespace

Result<std::uint64_t> erase_digest_keys(const std::string& keys_folder, const IdSet& exchanges) {
  if (exchanges.empty()) return 0;
  TRY(const auto files, list_numbered(keys_folder, ".keys"));
  std::uint64_t found = 0;
  for (const auto first : files) {
    TRY(const auto here, erase_in(keys_path(keys_folder, first), exchanges));
    found += here;
  }
  return found;
}

}  // namespace ostiary::ledger

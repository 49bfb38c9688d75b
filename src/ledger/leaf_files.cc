#include "ledger/impl/leaf_files.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/impl/segment.h"

namespace ostiary::ledger {

namespace {
constexpr std::uint64_t kAtOnce = (256U << 10) / sizeof(Digest);  // leaves
}  // namespace

Result<LeafFiles> LeafFiles::open(const std::string& ledger) {
  TRY(const auto segments, list_segments(ledger));
  if (segments.empty())
    return fail(Code::not_found, "there is no ledger; name a data folder with --data", ledger);
  LeafFiles leaves;
  leaves.ledger_ = ledger;
  for (const auto first : segments) {
    const auto path = leaf_path(ledger, first);
    const auto header = check_header(path, kLeafHeader);
    if (!header && header.error().code == Code::not_found) continue;
    if (!header) return std::unexpected(header.error());
    if (*header == Header::torn) continue;
    if (*header != Header::good) return header_error(*header, path);
    leaves.files_.push_back({path, first, first + leaves_in(path)});
  }
  return leaves;
}

std::uint64_t LeafFiles::size() const {
  std::uint64_t size = 0;
  for (const auto& file : files_) {
    if (file.first != size) break;
    size = file.end;
  }
  return size;
}

Result<> LeafFiles::read(std::uint64_t from, std::uint64_t to, const Sink& sink) const {
  for (const auto& file : files_) {
    if (from >= to) break;
    if (file.first > from || file.end <= from) continue;
    const auto end = std::min(to, file.end);
    TRY_VOID(read_file(file, from, end, sink));
    from = end;
  }
  if (from >= to) return {};
  return fail(Code::corrupt,
              fmt::format("the leaf hash of record {} is missing; 'ledger verify' tells what is left", from),
              ledger_);
}

Result<> LeafFiles::read_file(const File& file, std::uint64_t from, std::uint64_t to,
                              const Sink& sink) const {
  const Fd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open the file", file.path, errno);
  std::vector<Digest> leaves(std::min(kAtOnce, to - from));
  while (from < to) {
    const auto want = std::min<std::uint64_t>(leaves.size(), to - from) * sizeof(Digest);
    const auto offset = kLeafHeader.size() + (from - file.first) * sizeof(Digest);
    std::size_t got = 0;
    while (got < want) {
      const auto n = ::pread(fd.get(), reinterpret_cast<char*>(leaves.data()) + got, want - got,
                             static_cast<off_t>(offset + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("read the file", file.path, errno);
      if (n == 0) return fail(Code::corrupt, "became shorter while it was read", file.path);
      got += static_cast<std::size_t>(n);
    }
    sink(std::span<const Digest>(leaves).first(want / sizeof(Digest)));
    from += want / sizeof(Digest);
  }
  return {};
}

}  // namespace ostiary::ledger

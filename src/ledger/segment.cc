#include "ledger/impl/segment.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "json/document.h"

namespace ostiary::ledger {

namespace {

// The version that a header names behind its magic; nothing where the magic is another. The magic of a text
// is all up to its first colon, that of a binary file its first 8 bytes.
std::optional<std::uint64_t> version_of(std::string_view start, std::string_view expected) {
  const bool text = expected.starts_with('{');
  const auto magic = expected.substr(0, text ? expected.find(':') + 1 : 8);
  if (!start.starts_with(magic)) return std::nullopt;
  start.remove_prefix(magic.size());
  if (text) return text::parse_uint(start.substr(0, start.find_first_not_of("0123456789")));
  if (start.size() < 4) return std::nullopt;
  std::uint64_t version = 0;
  for (std::size_t i = 4; i-- > 0;) version = version << 8 | static_cast<unsigned char>(start[i]);
  return version;
}

}  // namespace

std::string ledger_folder(const std::string& data_folder) {
  return data_folder + "/ledger";
}
std::string keys_folder(const std::string& data_folder) {
  return data_folder + "/digest-keys";
}
std::string log_path(const std::string& ledger, std::uint64_t first) {
  return ledger + "/" + numbered_name(first, ".log");
}
std::string leaf_path(const std::string& ledger, std::uint64_t first) {
  return ledger + "/" + numbered_name(first, ".leaf");
}

std::string log_header(std::uint64_t first) {
  return fmt::format("{{\"ostiary-ledger\":1,\"first\":{}}}\n", first);
}

Header compare_header(std::string_view start, std::string_view expected) {
  if (start.starts_with(expected)) return Header::good;
  if (start.size() < expected.size() && expected.starts_with(start)) return Header::torn;
  const auto version = version_of(start, expected);
  return version && *version > 1 ? Header::newer : Header::bad;
}

Result<Header> check_header(const std::string& path, std::string_view expected) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open the file", path, errno);
  std::string start(expected.size(), '\0');
  const auto n = ::pread(fd.get(), start.data(), start.size(), 0);
  if (n < 0) return fail_errno("read the file", path, errno);
  start.resize(static_cast<std::size_t>(n));
  return compare_header(start, expected);
}

std::unexpected<Error> header_error(Header header, const std::string& path) {
  if (header == Header::newer)
    return fail(Code::newer, "was written by a newer ostiary than this one; use that version", path);
  return fail(Code::corrupt, "does not start with the header that its name asks for; restore it from a copy",
              path);
}

bool is_record(std::string_view line) {
  const auto document = json::Document::parse(line);
  return document && document->root().is_object();
}

Result<Segment> Segment::create(const std::string& ledger, std::uint64_t first) {
  TRY(auto leaf, AppendFile::create(leaf_path(ledger, first), kLeafHeader));
  auto log = AppendFile::create(log_path(ledger, first), log_header(first));
  if (!log) {
    ::unlink(leaf.path().c_str());
    return std::unexpected(log.error());
  }
  return Segment{first, std::move(*log), std::move(leaf)};
}

Result<std::vector<std::uint64_t>> list_segments(const std::string& ledger) {
  TRY(auto segments, list_numbered(ledger, ".leaf"));
  std::erase_if(segments, [&](std::uint64_t first) { return leaves_in(leaf_path(ledger, first)) == 0; });
  TRY(const auto logs, list_numbered(ledger, ".log"));
  segments.insert(segments.end(), logs.begin(), logs.end());
  std::ranges::sort(segments);
  segments.erase(std::ranges::unique(segments).begin(), segments.end());
  return segments;
}

std::uint64_t leaves_in(const std::string& path) {
  const auto size = file_size(path).value_or(0);
  return (size - std::min<std::uint64_t>(size, kLeafHeader.size())) / sizeof(Digest);
}

Result<Segment> Segment::open(const std::string& ledger, std::uint64_t first, std::uint64_t log_size,
                              std::uint64_t leaves) {
  TRY(auto log, AppendFile::open(log_path(ledger, first), log_size));
  TRY(auto leaf, AppendFile::open(leaf_path(ledger, first), kLeafHeader.size() + leaves * sizeof(Digest)));
  return Segment{first, std::move(log), std::move(leaf)};
}

}  // namespace ostiary::ledger

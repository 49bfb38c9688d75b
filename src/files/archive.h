#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "files/partial.h"

namespace ostiary::files {

enum class ArchiveKind : std::uint8_t { none, zip, tar, gzip, xz, zstd, bzip2 };
// From the first bytes (512 are enough): zip with jar, whl, docx, xlsx, pptx and odt among it; tar; or what
// is packed with gzip, xz, zstd or bzip2, a tar or a single file. A name plays no part.
ArchiveKind archive_kind_of(std::string_view head);

struct ArchiveLimits {
  std::uint32_t levels = 2;                   // an archive, and archives in it; a packed tar is one
  std::uint64_t members = 200'000;            // of all levels
  std::uint64_t member_bytes = 256ULL << 20;  // of one member, unpacked
  std::uint64_t total_bytes = 4ULL << 30;     // of all levels, unpacked
  std::uint64_t ratio = 250;                  // of what is unpacked to the bytes of the archive …
  std::uint64_t ratio_from = 64ULL << 20;     // … as soon as this much is unpacked
  bool give_archives = false;                 // members that are archives are given and not unpacked
};

// A regular file in an archive. Views are valid during the call that gives it.
struct Member {
  std::string_view path;  // "a.zip!/dir/file", or "a.zip!/b.tar!/file" of an archive in one
  std::string_view bytes;
};
using OnMember = std::function<bool(const Member& member)>;  // false: that is enough

// Unpacks an archive in memory, one member at a time, in the archive's own order. Nothing is written to disk,
// so that a member's name can do no harm; in `path` its "..", "." and empty parts and what makes it absolute
// are left out. Members that are archives themselves are unpacked in turn and not given, unless that is asked
// for. Links and special
// files are passed over. Memory is that of the largest member of each level, and what the formats need (at
// most 1 GiB for xz).
//
// Nothing is fatal: what was not read is in the answer. `shown` is what stands before "!/". How many bytes
// were unpacked is added to `unpacked`, where it is not null. Thread-safe.
std::vector<Partial> read_archive(std::string_view bytes, std::string_view shown, const OnMember& on_member,
                                  const ArchiveLimits& limits = {}, std::uint64_t* unpacked = nullptr);

}  // namespace ostiary::files

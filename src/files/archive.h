#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "files/partial.h"

namespace ostiary::files {

enum class ArchiveKind : std::uint8_t { none, zip, tar, gzip, xz, zstd, bzip2, deb };
// From the first bytes (512 are enough): zip with jar, whl, docx, xlsx, pptx and odt among it; tar; what is
// packed with gzip, xz, zstd or bzip2, a tar or a single file; Debian packages. A name plays no part.
ArchiveKind archive_kind_of(std::string_view head);

// A regular file in an archive. Views are valid during the call that gives it.
struct Member {
  std::string_view path;  // "a.zip!/dir/file", or "a.zip!/b.tar!/file" of an archive in one
  std::string_view bytes;
  std::uint64_t whole = 0;  // its full size, where `bytes` is only its beginning; else theirs
};
using OnMember = std::function<bool(const Member& member)>;  // false: that is enough

struct ArchiveLimits {
  std::uint32_t levels = 2;                   // an archive, and archives in it; a packed tar is one
  std::uint64_t members = 200'000;            // of all levels
  std::uint64_t member_bytes = 256ULL << 20;  // of one member, unpacked
  std::uint64_t total_bytes = 4ULL << 30;     // of all levels, unpacked
  std::uint64_t ratio = 250;                  // of what is unpacked to the bytes of the archive …
  std::uint64_t ratio_from = 64ULL << 20;     // … as soon as this much is unpacked
  std::uint64_t head_bytes =
      0;                       // more than 0: of a member over member_bytes so much is given, and no partial
  bool give_archives = false;  // members that are archives are given and not unpacked
  // Asked of members that are archives, with their first bytes: true: it is given, and not unpacked.
  std::function<bool(const Member& head)> give_archive;
};

// Unpacks an archive in memory, one member at a time, in the archive's own order. Nothing is written to disk,
// so that a member's name can do no harm; in `path` its "..", "." and empty parts and what makes it absolute
// are left out. Members that are archives themselves are unpacked in turn and not given, unless that is asked
// for; of a Debian package the two archives are parts, and what is in them stands at "a.deb!/control". Links
// and special files are passed over. Archives in archives are streams; memory is that of the largest member,
// one for each level of zip, and what the formats need (at most 1 GiB for xz).
//
// Nothing is fatal: what was not read is in the answer. `shown` is what stands before "!/". How many bytes
// were unpacked is added to `unpacked`, where it is not null. Thread-safe.
std::vector<Partial> read_archive(std::string_view bytes, std::string_view shown, const OnMember& on_member,
                                  const ArchiveLimits& limits = {}, std::uint64_t* unpacked = nullptr);

}  // namespace ostiary::files

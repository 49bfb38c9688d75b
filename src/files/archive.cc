#include "files/archive.h"

#include "files/impl/unpacking.h"

namespace ostiary::files {

ArchiveKind archive_kind_of(std::string_view head) {
  using std::string_view_literals::operator""sv;
  if (head.starts_with("PK\3\4"sv) || head.starts_with("PK\5\6"sv) || head.starts_with("PK\7\x8PK\3\4"sv))
    return ArchiveKind::zip;
  if (head.starts_with("\x1f\x8b\x8"sv)) return ArchiveKind::gzip;
  if (head.starts_with("\xfd"
                       "7zXZ\0"sv))
    return ArchiveKind::xz;
  if (head.starts_with("\x28\xb5\x2f\xfd"sv)) return ArchiveKind::zstd;
  if (head.starts_with("BZh"sv) && head.size() > 10 && head[3] >= '1' && head[3] <= '9' &&
      (head.substr(4, 6) == "1AY&SY"sv || head.substr(4, 6) == "\x17\x72\x45\x38\x50\x90"sv))
    return ArchiveKind::bzip2;
  if (head.size() >= 512 && head.substr(257, 5) == "ustar"sv) return ArchiveKind::tar;
  if (head.starts_with("!<arch>\ndebian-binary"sv)) return ArchiveKind::deb;
  return ArchiveKind::none;
}

std::vector<Partial> read_archive(std::string_view bytes, std::string_view shown, const OnMember& on_member,
                                  const ArchiveLimits& limits, std::uint64_t* unpacked) {
  std::vector<Partial> partial;
  if (archive_kind_of(bytes) == ArchiveKind::none) {
    partial.push_back({std::string(shown), Why::unsupported, "this is no archive that is read"});
    return partial;
  }
  const Utf8Names names;
  Unpacking unpacking(bytes.size(), on_member, limits, partial);
  unpacking.unpack(bytes, std::string(shown), 1);
  if (unpacked) *unpacked += unpacking.unpacked();
  return partial;
}

}  // namespace ostiary::files

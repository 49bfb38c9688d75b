#include "files/impl/unpacking.h"

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <fmt/format.h>
#include <locale.h>
#include <utility>

#include "base/text.h"

namespace ostiary::files {

namespace {

constexpr std::size_t kPiece = 64u << 10;
constexpr std::size_t kGrowth = 64u << 20;
constexpr std::size_t kKindHead = 512;  // by which the kind of an archive is told

// What a single packed file is called: "b.log" of "a/b.log.gz".
std::string unpacked_name(std::string_view shown) {
  const auto slash = shown.rfind('/');
  auto name = slash == std::string_view::npos ? shown : shown.substr(slash + 1);
  for (const std::string_view end : {".gz", ".xz", ".zst", ".bz2"})
    if (name.size() > end.size() && name.ends_with(end))
      return std::string(name.substr(0, name.size() - end.size()));
  return "content";
}

// Only what is named here is understood: of libarchive's other filters some run programs.
bool allow(archive* reader, ArchiveKind kind, bool stream) {
  const auto with_tar = [&](int (*filter)(archive*)) {
    return filter(reader) == ARCHIVE_OK && ::archive_read_support_format_tar(reader) == ARCHIVE_OK &&
           ::archive_read_support_format_raw(reader) == ARCHIVE_OK;
  };
  switch (kind) {
    case ArchiveKind::zip:
      return (stream ? ::archive_read_support_format_zip_streamable(reader)
                     : ::archive_read_support_format_zip(reader)) == ARCHIVE_OK;
    case ArchiveKind::tar:
      return ::archive_read_support_format_tar(reader) == ARCHIVE_OK;
    case ArchiveKind::deb:
      return ::archive_read_support_format_ar(reader) == ARCHIVE_OK;
    case ArchiveKind::gzip:
      return with_tar(::archive_read_support_filter_gzip);
    case ArchiveKind::xz:
      return with_tar(::archive_read_support_filter_xz);
    case ArchiveKind::zstd:
      return with_tar(::archive_read_support_filter_zstd);
    case ArchiveKind::bzip2:
      return with_tar(::archive_read_support_filter_bzip2);
    case ArchiveKind::none:
      break;
  }
  return false;
}

std::string_view why_of(archive* reader) {
  const char* why = ::archive_error_string(reader);
  return why ? why : "damaged";
}

// Of a Debian package the archives with its description and with its files.
bool is_part_of_deb(std::string_view name) {
  return name.starts_with("control.tar") || name.starts_with("data.tar");
}

Unpacking::Entry entry_of(archive_entry* entry, std::string path) {
  const auto type = ::archive_entry_filetype(entry);
  return {.path = std::move(path),
          .kind = type == AE_IFDIR   ? Unpacking::Entry::Kind::folder
                  : type == AE_IFREG ? Unpacking::Entry::Kind::file
                                     : Unpacking::Entry::Kind::other};
}

}  // namespace

Utf8Names::Utf8Names() : made_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
  if (made_) before_ = ::uselocale(made_);
}

Utf8Names::~Utf8Names() {
  if (!made_) return;
  ::uselocale(before_);
  ::freelocale(made_);
}

std::string tame_name(std::string_view name, std::uint64_t number) {
  std::string out;
  for (const auto part : text::split(name, '/')) {
    if (part.empty() || part == "." || part == "..") continue;
    if (!out.empty()) out += '/';
    out += part;
  }
  return out.empty() ? fmt::format("member {}", number) : out;
}

std::string_view name_of_entry(archive_entry* entry) {
  const char* name = ::archive_entry_pathname(entry);
  if (!name) name = ::archive_entry_pathname_utf8(entry);
  return name ? name : "";
}

const char* name_of(ArchiveKind kind) {
  switch (kind) {
    case ArchiveKind::zip:
      return "zip";
    case ArchiveKind::tar:
      return "tar";
    case ArchiveKind::gzip:
      return "gzip";
    case ArchiveKind::xz:
      return "xz";
    case ArchiveKind::zstd:
      return "zstd";
    case ArchiveKind::bzip2:
      return "bzip2";
    case ArchiveKind::deb:
      return "a Debian package";
    case ArchiveKind::none:
      break;
  }
  return "";
}

Unpacking::Unpacking(std::uint64_t size, const OnMember& on_member, const ArchiveLimits& limits,
                     std::vector<Partial>& partial)
    : on_member_(on_member), limits_(limits), partial_(partial) {
  holds(size);
}

void Unpacking::holds(std::uint64_t size) {
  size_ += size;
  most_by_ratio_ =
      std::max(limits_.ratio_from, size_ > UINT64_MAX / limits_.ratio ? UINT64_MAX : size_ * limits_.ratio);
}

Reader Unpacking::open(std::string_view bytes, ArchiveKind kind, const std::string& shown) {
  Reader reader(::archive_read_new());
  if (!reader || !allow(reader.get(), kind, false)) {
    report(shown, Why::unsupported, fmt::format("this system cannot unpack {}", name_of(kind)));
    return nullptr;
  }
  if (::archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    report(shown, Why::damaged,
           fmt::format("it begins as {} and cannot be unpacked: {}", name_of(kind), why_of(reader.get())));
    return nullptr;
  }
  return reader;
}

void Unpacking::unpack(std::string_view bytes, const std::string& shown, std::uint32_t level,
                       const OnEntry& on_entry) {
  const auto kind = archive_kind_of(bytes.substr(0, kKindHead));
  if (const auto reader = open(bytes, kind, shown)) members(reader.get(), kind, shown, level, on_entry);
}

la_ssize_t Unpacking::pull(archive* reader, void* nested, const void** bytes) {
  auto& from = *static_cast<Nested*>(nested);
  if (!from.begun) {
    from.begun = true;
    *bytes = from.member->head.data();
    if (!from.member->head.empty()) return static_cast<la_ssize_t>(from.member->head.size());
  }
  *bytes = from.piece.data();
  const auto n =
      from.self->read_some(from.member->reader, from.piece.data(), from.piece.size(), from.member->path);
  if (n < 0) ::archive_set_error(reader, EIO, "what it lies in cannot be read on");
  return n;
}

// An archive in an archive.
void Unpacking::stream(const Member& member, ArchiveKind kind, const std::string& shown, std::uint32_t level,
                       const OnEntry& on_entry) {
  const auto from = std::make_unique<Nested>(Nested{.self = this, .member = &member, .piece = {}});
  const Reader reader(::archive_read_new());
  if (!reader || !allow(reader.get(), kind, true)) {
    report(shown, Why::unsupported, fmt::format("this system cannot unpack {}", name_of(kind)));
  } else if (::archive_read_open(reader.get(), from.get(), nullptr, &Unpacking::pull, nullptr) !=
             ARCHIVE_OK) {
    if (!ended_)
      report(shown, Why::damaged,
             fmt::format("it begins as {} and cannot be unpacked: {}", name_of(kind), why_of(reader.get())));
  } else {
    members(reader.get(), kind, shown, level, on_entry);
  }
}

void Unpacking::unpack_member(archive* outer, const std::string& shown, std::uint32_t level,
                              const OnEntry& on_entry) {
  std::array<char, kKindHead> head{};
  const auto n = read_some(outer, head.data(), head.size(), shown);
  if (n < 0) return;
  const std::string_view begins(head.data(), static_cast<std::size_t>(n));
  const auto kind = archive_kind_of(begins);
  const Member member{.reader = outer, .kind = ArchiveKind::tar, .path = shown, .head = begins};
  if (kind == ArchiveKind::none)
    report(shown, Why::unsupported, "a layer is no archive that is read");
  else
    stream(member, kind, shown, level, on_entry);
}

bool Unpacking::next(archive* reader, archive_entry*& entry, const std::string& shown) {
  while (!ended_) {
    const int got = ::archive_read_next_header(reader, &entry);
    if (got == ARCHIVE_RETRY) continue;
    if (got >= ARCHIVE_WARN && got != ARCHIVE_EOF) {
      if (++count_ <= limits_.members) return true;
      stop(shown, Why::too_many,
           fmt::format("more than {} members; the others are not read", limits_.members));
    } else if (got != ARCHIVE_EOF && !ended_) {
      report(shown, Why::damaged,
             fmt::format("the archive is damaged behind member {}: {}", ::archive_file_count(reader),
                         why_of(reader)));
    }
    return false;
  }
  return false;
}

void Unpacking::members(archive* reader, ArchiveKind kind, const std::string& shown, std::uint32_t level,
                        const OnEntry& on_entry) {
  archive_entry* entry = nullptr;
  for (std::uint64_t here = 1; next(reader, entry, shown); ++here) {
    const bool raw = ::archive_format(reader) == ARCHIVE_FORMAT_RAW;
    auto name = raw ? unpacked_name(shown) : tame_name(name_of_entry(entry), here);
    const auto path = shown + "!/" + name;
    const bool part = kind == ArchiveKind::deb && is_part_of_deb(name);
    if (on_entry && !on_entry(entry_of(entry, std::move(name)))) continue;
    if (::archive_entry_filetype(entry) != AE_IFREG && !raw) continue;
    if (::archive_entry_hardlink(entry)) continue;
    if (::archive_entry_is_data_encrypted(entry) || ::archive_entry_is_metadata_encrypted(entry)) {
      report(path, Why::encrypted, "the member is encrypted");
      continue;
    }
    const Member member{.reader = reader,
                        .kind = kind,
                        .path = path,
                        .head = {},
                        .size = ::archive_entry_size_is_set(entry)
                                    ? static_cast<std::uint64_t>(::archive_entry_size(entry))
                                    : 0,
                        .sized = ::archive_entry_size_is_set(entry) != 0};
    if (part)
      unpack_member(reader, shown, level, {});
    else
      one(member, shown, level);
  }
}

void Unpacking::one(const Member& found, const std::string& shown, std::uint32_t level) {
  std::array<char, kKindHead> head{};
  const auto n = read_some(found.reader, head.data(), head.size(), found.path);
  if (n < 0) return;
  auto member = found;
  member.head = {head.data(), static_cast<std::size_t>(n)};
  const auto kind = archive_kind_of(member.head);
  const bool unpack_it =
      kind != ArchiveKind::none && !limits_.give_archives &&
      (!limits_.give_archive ||
       !limits_.give_archive({.path = member.path, .bytes = member.head, .whole = member.size}));
  if (unpack_it) return nested(member, kind, shown, level);
  if (member.size > limits_.member_bytes && limits_.head_bytes == 0) return too_large(member);
  bool more = false;
  const auto most = member.size > limits_.member_bytes ? limits_.head_bytes : limits_.member_bytes;
  const auto bytes = content(member, most, more);
  if (!bytes) return;
  if (!more) return give(member.path, *bytes, bytes->size());
  if (limits_.head_bytes == 0) return too_large(member);
  const auto before = unpacked_;
  if (!member.sized) skip(member.reader, ArchiveKind::gzip, member.path);
  const auto whole = member.sized ? member.size : bytes->size() + (unpacked_ - before);
  give(member.path, std::string_view(*bytes).substr(0, limits_.head_bytes), whole);
  if (member.sized) skip(member.reader, member.kind, member.path);
}

void Unpacking::nested(const Member& member, ArchiveKind kind, const std::string& /*shown*/,
                       std::uint32_t level) {
  if (level == limits_.levels) {
    report(member.path, Why::too_deep, fmt::format("archives in archives are read {} deep", limits_.levels));
    return skip(member.reader, member.kind, member.path);
  }
  // The table of a zip is at its end, so that one that fits is read whole.
  if (kind == ArchiveKind::zip && member.sized && member.size <= limits_.member_bytes) {
    bool more = false;
    const auto bytes = content(member, limits_.member_bytes, more);
    if (bytes && !more) unpack(*bytes, member.path, level + 1);
    return;
  }
  stream(member, kind, member.path, level + 1, {});
  skip(member.reader, member.kind, member.path);
}

void Unpacking::too_large(const Member& member) {
  report(member.path, Why::too_large,
         fmt::format("the member is over {}", text::format_bytes(limits_.member_bytes)));
  skip(member.reader, member.kind, member.path);
}

void Unpacking::give(const std::string& path, std::string_view bytes, std::uint64_t whole) {
  if (!ended_ && !on_member_({.path = path, .bytes = bytes, .whole = whole})) ended_ = true;
}

void Unpacking::skip(archive* reader, ArchiveKind kind, const std::string& path) {
  // In a zip or a plain tar it costs nothing to go on, or what lies around it counts.
  if (kind == ArchiveKind::zip || kind == ArchiveKind::tar || kind == ArchiveKind::deb) return;
  std::array<char, kPiece> piece;
  while (!ended_ && read_some(reader, piece.data(), piece.size(), path) > 0) {
  }
}

bool Unpacking::count(std::uint64_t bytes, const std::string& path) {
  unpacked_ += bytes;
  if (unpacked_ > limits_.total_bytes)
    stop(path, Why::too_large,
         fmt::format("more than {} unpacked; the rest is not read", text::format_bytes(limits_.total_bytes)));
  else if (unpacked_ > most_by_ratio_)
    stop(path, Why::bomb,
         fmt::format("it unpacks to more than {} times its size; the rest is not read", limits_.ratio));
  return !ended_;
}

la_ssize_t Unpacking::read_some(archive* reader, char* into, std::size_t size, const std::string& path) {
  std::size_t have = 0;
  while (have < size) {
    if (ended_) return -1;
    const auto n = ::archive_read_data(reader, into + have, size - have);
    if (n == ARCHIVE_RETRY) continue;
    if (n == 0) break;
    if (n < 0) {
      const auto why = why_of(reader);
      if (!ended_)
        report(path, why.contains("nsupported") ? Why::unsupported : Why::damaged,
               fmt::format("the member cannot be unpacked: {}", why));
      return -1;
    }
    have += static_cast<std::size_t>(n);
    if (!count(static_cast<std::uint64_t>(n), path)) return -1;
  }
  return static_cast<la_ssize_t>(have);
}

std::optional<std::string> Unpacking::content(const Member& member, std::uint64_t most, bool& more) {
  std::string bytes(member.head);
  if (bytes.size() > most) {
    more = true;
    return bytes;
  }
  // One byte more than is expected shows whether that is all.
  auto target = std::clamp<std::uint64_t>(std::min(member.size, most) + 1, bytes.size() + 1, kGrowth);
  for (;;) {
    const auto have = bytes.size();
    bytes.resize(std::min<std::uint64_t>(std::max<std::uint64_t>(target, have), most + 1));
    if (bytes.size() == have) break;
    const auto n = read_some(member.reader, bytes.data() + have, bytes.size() - have, member.path);
    if (n < 0) return std::nullopt;
    const bool full = static_cast<std::size_t>(n) == bytes.size() - have;
    bytes.resize(have + static_cast<std::size_t>(n));
    if (!full) return bytes;
    target = bytes.size() + std::clamp<std::uint64_t>(bytes.size(), kPiece, kGrowth);
  }
  more = true;
  return bytes;
}

std::optional<std::string> Unpacking::read_small(archive* reader, std::size_t limit, const std::string& path,
                                                 bool head) {
  std::string bytes(limit + 1, '\0');
  const auto n = read_some(reader, bytes.data(), bytes.size(), path);
  if (n < 0 || (!head && static_cast<std::size_t>(n) > limit)) return std::nullopt;
  bytes.resize(std::min(static_cast<std::size_t>(n), limit));
  return bytes;
}

}  // namespace ostiary::files

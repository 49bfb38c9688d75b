#include "files/archive.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <clocale>
#include <fmt/format.h>
#include <locale.h>
#include <memory>
#include <optional>

#include "base/text.h"

namespace ostiary::files {

namespace {

constexpr std::size_t kPiece = 64u << 10;
constexpr std::size_t kGrowth = 64u << 20;

struct FreeReader {
  void operator()(archive* reader) const { ::archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeReader>;

// libarchive turns names into the thread's character set, and gives none where that is ASCII.
class Utf8Names {
 public:
  Utf8Names() : made_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (made_) before_ = ::uselocale(made_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;
  ~Utf8Names() {
    if (!made_) return;
    ::uselocale(before_);
    ::freelocale(made_);
  }

 private:
  locale_t made_, before_ = nullptr;
};

// A name as a path below the archive.
std::string tame(std::string_view name, std::uint64_t number) {
  std::string out;
  for (const auto part : text::split(name, '/')) {
    if (part.empty() || part == "." || part == "..") continue;
    if (!out.empty()) out += '/';
    out += part;
  }
  return out.empty() ? fmt::format("member {}", number) : out;
}

// What a single packed file is called: "b.log" of "a/b.log.gz".
std::string unpacked_name(std::string_view shown) {
  const auto slash = shown.rfind('/');
  auto name = slash == std::string_view::npos ? shown : shown.substr(slash + 1);
  for (const std::string_view end : {".gz", ".xz", ".zst", ".bz2"})
    if (name.size() > end.size() && name.ends_with(end))
      return std::string(name.substr(0, name.size() - end.size()));
  return "content";
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
    case ArchiveKind::none:
      break;
  }
  return "";
}

// Only what is named here is understood: of libarchive's other filters some run programs.
bool allow(archive* reader, ArchiveKind kind) {
  const auto with_tar = [&](int (*filter)(archive*)) {
    return filter(reader) == ARCHIVE_OK && ::archive_read_support_format_tar(reader) == ARCHIVE_OK &&
           ::archive_read_support_format_raw(reader) == ARCHIVE_OK;
  };
  switch (kind) {
    case ArchiveKind::zip:
      return ::archive_read_support_format_zip(reader) == ARCHIVE_OK;
    case ArchiveKind::tar:
      return ::archive_read_support_format_tar(reader) == ARCHIVE_OK;
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

class Unpacking {
 public:
  Unpacking(std::uint64_t size, const OnMember& on_member, const ArchiveLimits& limits,
            std::vector<Partial>& partial)
      : on_member_(on_member),
        limits_(limits),
        partial_(partial),
        most_by_ratio_(std::max(limits.ratio_from,
                                size > UINT64_MAX / limits.ratio ? UINT64_MAX : size * limits.ratio)) {}

  void unpack(std::string_view bytes, const std::string& shown, std::uint32_t level);
  std::uint64_t unpacked() const { return unpacked_; }

 private:
  void members(archive* reader, ArchiveKind kind, const std::string& shown, std::uint32_t level);
  bool one(archive* reader, archive_entry* entry, const std::string& path, std::uint32_t level);
  std::optional<std::string> content(archive* reader, std::uint64_t expected, const std::string& path);
  void report(const std::string& path, Why why, std::string text) {
    partial_.push_back({path, why, std::move(text)});
  }
  // Nothing more is read, of no level.
  void stop(const std::string& path, Why why, std::string text) {
    report(path, why, std::move(text));
    ended_ = true;
  }

  const OnMember& on_member_;
  const ArchiveLimits& limits_;
  std::vector<Partial>& partial_;
  std::uint64_t most_by_ratio_;
  std::uint64_t unpacked_ = 0, count_ = 0;
  bool ended_ = false;
};

void Unpacking::unpack(std::string_view bytes, const std::string& shown, std::uint32_t level) {
  const auto kind = archive_kind_of(bytes);
  const Reader reader(::archive_read_new());
  if (!reader || !allow(reader.get(), kind)) {
    report(shown, Why::unsupported, fmt::format("this system cannot unpack {}", name_of(kind)));
    return;
  }
  if (::archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    const char* why = ::archive_error_string(reader.get());
    report(shown, Why::damaged,
           fmt::format("it begins as {} and cannot be unpacked: {}", name_of(kind), why ? why : "damaged"));
    return;
  }
  members(reader.get(), kind, shown, level);
}

void Unpacking::members(archive* reader, ArchiveKind kind, const std::string& shown, std::uint32_t level) {
  std::uint64_t here = 0;
  while (!ended_) {
    archive_entry* entry = nullptr;
    const int got = ::archive_read_next_header(reader, &entry);
    if (got == ARCHIVE_EOF) return;
    if (got == ARCHIVE_RETRY) continue;
    if (got < ARCHIVE_WARN) {
      const char* why = ::archive_error_string(reader);
      report(shown, Why::damaged,
             fmt::format("the archive is damaged behind member {}: {}", here, why ? why : name_of(kind)));
      return;
    }
    ++here;
    if (++count_ > limits_.members)
      return stop(shown, Why::too_many,
                  fmt::format("more than {} members; the others are not read", limits_.members));
    const bool raw = ::archive_format(reader) == ARCHIVE_FORMAT_RAW;
    if (::archive_entry_filetype(entry) != AE_IFREG && !raw) continue;
    if (::archive_entry_hardlink(entry)) continue;
    const char* name = ::archive_entry_pathname(entry);
    if (!name) name = ::archive_entry_pathname_utf8(entry);
    const auto path = shown + "!/" + (raw ? unpacked_name(shown) : tame(name ? name : "", here));
    if (!one(reader, entry, path, level)) return;
  }
}

// False: the archive cannot be read on.
bool Unpacking::one(archive* reader, archive_entry* entry, const std::string& path, std::uint32_t level) {
  if (::archive_entry_is_data_encrypted(entry) || ::archive_entry_is_metadata_encrypted(entry)) {
    report(path, Why::encrypted, "the member is encrypted");
    return true;
  }
  const auto size =
      ::archive_entry_size_is_set(entry) ? static_cast<std::uint64_t>(::archive_entry_size(entry)) : 0;
  if (size > limits_.member_bytes) {
    report(path, Why::too_large,
           fmt::format("the member is over {}", text::format_bytes(limits_.member_bytes)));
    return true;
  }
  const auto bytes = content(reader, size + 1, path);
  if (!bytes) return !ended_;
  if (limits_.give_archives || archive_kind_of(*bytes) == ArchiveKind::none) {
    if (!on_member_({.path = path, .bytes = *bytes})) ended_ = true;
  } else if (level == limits_.levels) {
    report(path, Why::too_deep, fmt::format("archives in archives are read {} deep", limits_.levels));
  } else {
    unpack(*bytes, path, level + 1);
  }
  return !ended_;
}

std::optional<std::string> Unpacking::content(archive* reader, std::uint64_t expected,
                                              const std::string& path) {
  std::string bytes(std::clamp<std::uint64_t>(expected, 1, kGrowth), '\0');
  for (std::size_t have = 0;;) {
    if (have == bytes.size()) bytes.resize(have + std::clamp(have, kPiece, kGrowth));
    const auto n = ::archive_read_data(reader, bytes.data() + have, bytes.size() - have);
    if (n == ARCHIVE_RETRY) continue;
    if (n < 0) {
      const char* said = ::archive_error_string(reader);
      const std::string_view why = said ? said : "damaged";
      const bool unknown = why.contains("nsupported");
      report(path, unknown ? Why::unsupported : Why::damaged,
             fmt::format("the member cannot be unpacked: {}", why));
      return std::nullopt;
    }
    if (n == 0) {
      bytes.resize(have);
      return bytes;
    }
    have += static_cast<std::size_t>(n);
    unpacked_ += static_cast<std::uint64_t>(n);
    if (unpacked_ > limits_.total_bytes) {
      stop(path, Why::too_large,
           fmt::format("more than {} unpacked; the rest is not read",
                       text::format_bytes(limits_.total_bytes)));
      return std::nullopt;
    }
    if (unpacked_ > most_by_ratio_) {
      stop(path, Why::bomb,
           fmt::format("it unpacks to more than {} times its size; the rest is not read", limits_.ratio));
      return std::nullopt;
    }
    if (have > limits_.member_bytes) {
      report(path, Why::too_large,
             fmt::format("the member is over {}", text::format_bytes(limits_.member_bytes)));
      return std::nullopt;
    }
  }
}

}  // namespace

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

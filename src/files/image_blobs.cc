#include "files/impl/image_blobs.h"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "files/content.h"

namespace ostiary::files {

namespace {

constexpr std::size_t kSmall = 256UL << 10;        // of a blob that is kept while names are read
constexpr std::uint64_t kMostLayer = 64ULL << 30;  // of a layer in a folder, as it is packed

bool is_hex(std::string_view s) {
  return s.size() == 64 &&
         std::ranges::all_of(s, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// The first names of what `docker save` and others write.
bool begins_an_image(std::string_view name) {
  const auto first = name.substr(0, name.find('/'));
  if (first == "blobs" || name == "manifest.json" || name == "index.json" || name == "oci-layout" ||
      name == "repositories")
    return true;
  return is_hex(first) || (first.ends_with(".json") && is_hex(first.substr(0, first.size() - 5))) ||
         (first.ends_with(".tar") && is_hex(first.substr(0, first.size() - 4)));
}

// Where a link in a tar leads, from the folder that it is in; what leads out ends at the top.
std::string resolved(std::string_view name, std::string_view target) {
  std::vector<std::string_view> parts;
  const auto slash = name.rfind('/');
  if (slash != std::string_view::npos && !target.starts_with('/'))
    parts = text::split(name.substr(0, slash), '/');
  for (const auto part : text::split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (!parts.empty())
      parts.pop_back();
  }
  std::string out;
  for (const auto part : parts) out += (out.empty() ? "" : "/") + std::string(part);
  return out;
}

// Whether what is packed is worth a pass that reads its names.
bool may_be_image(std::string_view bytes, ArchiveKind kind, const ArchiveLimits& limits) {
  std::vector<Partial> nothing;
  const OnMember none = [](const Member&) { return false; };
  Unpacking look(bytes.size(), none, limits, nothing);
  const auto reader = look.open(bytes, kind, "");
  archive_entry* entry = nullptr;
  return reader && look.next(reader.get(), entry, "") &&
         ::archive_format(reader.get()) != ARCHIVE_FORMAT_RAW &&
         begins_an_image(tame_name(name_of_entry(entry), 1));
}

}  // namespace

std::unique_ptr<TarBlobs> TarBlobs::open(std::string_view bytes, const std::string& shown,
                                         Unpacking& unpacking, const ArchiveLimits& limits) {
  const auto kind = archive_kind_of(bytes);
  if (kind == ArchiveKind::none || kind == ArchiveKind::zip || kind == ArchiveKind::deb) return nullptr;
  if (kind != ArchiveKind::tar && !may_be_image(bytes, kind, limits)) return nullptr;
  std::unique_ptr<TarBlobs> out(new TarBlobs(bytes, shown, unpacking, limits));
  if (!out->index()) return nullptr;
  return out;
}

bool TarBlobs::index() {
  const auto kind = archive_kind_of(bytes_);
  const auto reader = unpacking_.open(bytes_, kind, shown_);
  if (!reader) return false;
  archive_entry* entry = nullptr;
  std::size_t held = 0;
  for (std::uint64_t here = 1; unpacking_.next(reader.get(), entry, shown_); ++here) {
    auto name = tame_name(name_of_entry(entry), here);
    if (::archive_entry_filetype(entry) == AE_IFLNK) {
      const char* target = ::archive_entry_symlink(entry);
      links_.emplace(name, resolved(name, target ? target : ""));
    }
    if (::archive_entry_filetype(entry) != AE_IFREG || ::archive_entry_hardlink(entry)) continue;
    const auto size = static_cast<std::uint64_t>(std::max<la_int64_t>(::archive_entry_size(entry), 0));
    const bool named = name == "manifest.json" || name == "index.json";
    const bool blob = name.starts_with("blobs/") || name.ends_with(".json");
    if (blob && size <= (named ? kMostSmall : kSmall) && held + size <= kMostHeld) {
      if (auto bytes = unpacking_.read_small(reader.get(), size, shown_ + "!/" + name)) {
        held += bytes->size();
        small_.emplace(name, std::move(*bytes));
      }
    } else {
      unpacking_.skip(reader.get(), kind, shown_);
    }
    names_.insert(std::move(name));
  }
  return names_.contains("manifest.json") || (names_.contains("index.json") && names_.contains("oci-layout"));
}

Reader TarBlobs::find(const std::string& name, std::uint64_t& size) {
  const auto link = links_.find(name);
  const auto& wanted = link == links_.end() ? name : link->second;
  if (!names_.contains(wanted)) return nullptr;
  const auto kind = archive_kind_of(bytes_);
  auto reader = unpacking_.open(bytes_, kind, shown_);
  archive_entry* entry = nullptr;
  for (std::uint64_t here = 1; reader && unpacking_.next(reader.get(), entry, shown_); ++here) {
    if (::archive_entry_filetype(entry) == AE_IFREG && tame_name(name_of_entry(entry), here) == wanted) {
      size = static_cast<std::uint64_t>(std::max<la_int64_t>(::archive_entry_size(entry), 0));
      return reader;
    }
    unpacking_.skip(reader.get(), kind, shown_);
  }
  return nullptr;
}

std::optional<std::string> TarBlobs::small(const std::string& name) {
  const auto link = links_.find(name);
  if (const auto held = small_.find(link == links_.end() ? name : link->second); held != small_.end())
    return held->second;
  std::uint64_t size = 0;
  const auto reader = find(name, size);
  if (!reader || size > kMostSmall) return std::nullopt;
  return unpacking_.read_small(reader.get(), size, shown_ + "!/" + name);
}

bool TarBlobs::layer(const std::string& name, const std::string& shown, const Unpacking::OnEntry& on_entry) {
  std::uint64_t size = 0;
  const auto reader = find(name, size);
  if (!reader) return false;
  if (size > 0) unpacking_.unpack_member(reader.get(), shown, 1, on_entry);
  return true;
}

bool TarBlobs::give(const std::string& name, const std::string& path) {
  std::uint64_t size = 0;
  const auto reader = find(name, size);
  if (!reader) return false;
  const auto most = limits_.head_bytes > 0 ? limits_.head_bytes : limits_.member_bytes;
  if (size > most && limits_.head_bytes == 0) {
    unpacking_.report(path, Why::too_large, fmt::format("it is over {}", text::format_bytes(most)));
    return true;
  }
  if (const auto bytes = unpacking_.read_small(reader.get(), std::min(size, most), path, true))
    unpacking_.give(path, *bytes, size);
  return true;
}

// Opens a file below the folder, through folders that are no links.
Fd FolderBlobs::open(const std::string& name, std::uint64_t& size) const {
  Fd at(::fcntl(folder_.get(), F_DUPFD_CLOEXEC, 0));
  const auto parts = text::split(name, '/');
  for (std::size_t i = 0; at && i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    at = Fd(::openat(at.get(), std::string(parts[i]).c_str(),
                     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (last ? O_NOCTTY : O_DIRECTORY)));
  }
  struct stat info{};
  if (!at || ::fstat(at.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  size = static_cast<std::uint64_t>(info.st_size);
  unpacking_.holds(size);
  return at;
}

std::optional<std::string> FolderBlobs::small(const std::string& name) {
  std::uint64_t size = 0;
  const auto fd = open(name, size);
  if (!fd || size > kMostSmall) return std::nullopt;
  const auto content = Content::read(fd.get(), kMostSmall, shown_ + "/" + name);
  return content ? std::optional(std::string(content->bytes())) : std::nullopt;
}

bool FolderBlobs::layer(const std::string& name, const std::string& shown,
                        const Unpacking::OnEntry& on_entry) {
  std::uint64_t size = 0;
  const auto fd = open(name, size);
  if (!fd) return false;
  const auto content = Content::read(fd.get(), kMostLayer, shown_ + "/" + name);
  if (!content)
    unpacking_.report(shown_ + "/" + name, Why::unreadable, content.error().message);
  else if (archive_kind_of(content->bytes()) == ArchiveKind::none)
    unpacking_.report(shown_ + "/" + name, Why::unsupported, "a layer is no archive that is read");
  else
    unpacking_.unpack(content->bytes(), shown, 1, on_entry);
  if (content && content->changed())
    unpacking_.report(shown_ + "/" + name, Why::unreadable, "it changed while it was read");
  return true;
}

bool FolderBlobs::give(const std::string& name, const std::string& path) {
  std::uint64_t size = 0;
  const auto fd = open(name, size);
  if (!fd) return false;
  const auto content = Content::read(fd.get(), kMostLayer, shown_ + "/" + name);
  if (!content)
    unpacking_.report(path, Why::unreadable, content.error().message);
  else
    unpacking_.give(path, content->bytes(), content->bytes().size());
  return true;
}

}  // namespace ostiary::files

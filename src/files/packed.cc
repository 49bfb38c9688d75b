#include "files/packed.h"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <fmt/format.h>
#include <optional>

#include "base/text.h"
#include "files/archive.h"

namespace ostiary::files {

namespace {

// Only what is named here is understood: of libarchive's other filters some run programs. What is packed is
// not looked at for a tar: to libarchive a log that begins with NULs, as a rotation by copying leaves it, is
// an empty one.
bool allow(archive* reader, ArchiveKind kind) {
  const auto with = [&](int filter) {
    return filter == ARCHIVE_OK && ::archive_read_support_format_raw(reader) == ARCHIVE_OK;
  };
  switch (kind) {
    case ArchiveKind::zip:
      return ::archive_read_support_format_zip_streamable(reader) == ARCHIVE_OK;
    case ArchiveKind::tar:
      return ::archive_read_support_format_tar(reader) == ARCHIVE_OK;
    case ArchiveKind::gzip:
      return with(::archive_read_support_filter_gzip(reader));
    case ArchiveKind::xz:
      return with(::archive_read_support_filter_xz(reader));
    case ArchiveKind::zstd:
      return with(::archive_read_support_filter_zstd(reader));
    case ArchiveKind::bzip2:
      return with(::archive_read_support_filter_bzip2(reader));
    case ArchiveKind::deb:
    case ArchiveKind::none:
      break;
  }
  return false;
}

// A name as a path below the archive.
std::string tame(const char* name, std::uint64_t number) {
  std::string out;
  for (const auto part : text::split(name ? name : "", '/')) {
    if (part.empty() || part == "." || part == "..") continue;
    if (!out.empty()) out += '/';
    out += part;
  }
  return out.empty() ? fmt::format("member {}", number) : out;
}

}  // namespace

struct Packed::Impl {
  Pull pull;
  PackedLimits limits;
  archive* reader = nullptr;
  std::string member;
  std::optional<Failure> failure;
  std::optional<Error> pulled_badly;
  std::uint64_t pulled = 0, unpacked = 0, members = 0;

  Impl(Pull pull_, const PackedLimits& limits_) : pull(std::move(pull_)), limits(limits_) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (reader) ::archive_read_free(reader);
  }

  static la_ssize_t on_read(archive* reader, void* self, const void** bytes) {
    auto& impl = *static_cast<Impl*>(self);
    const auto piece = impl.pull();
    if (!piece) {
      impl.pulled_badly = piece.error();
      ::archive_set_error(reader, EIO, "the file cannot be read on");
      return -1;
    }
    impl.pulled += piece->size();
    *bytes = piece->data();
    return static_cast<la_ssize_t>(piece->size());
  }

  void fail_with(Why why, std::string text) {
    if (!failure) failure = Failure{why, std::move(text)};
  }
  void damaged() {
    if (pulled_badly) return fail_with(Why::unreadable, pulled_badly->message);
    const char* why = ::archive_error_string(reader);
    fail_with(Why::damaged, fmt::format("it cannot be unpacked further: {}", why ? why : "damaged"));
  }
};

Packed::Packed(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Packed::Packed(Packed&&) noexcept = default;
Packed& Packed::operator=(Packed&&) noexcept = default;
Packed::~Packed() = default;

Packed Packed::open(Pull pull, std::string_view head, const PackedLimits& limits) {
  auto impl = std::make_unique<Impl>(std::move(pull), limits);
  impl->reader = ::archive_read_new();
  if (!impl->reader || !allow(impl->reader, archive_kind_of(head)))
    impl->fail_with(Why::unsupported, "this system cannot unpack it");
  else if (::archive_read_open(impl->reader, impl.get(), nullptr, &Impl::on_read, nullptr) != ARCHIVE_OK)
    impl->damaged();
  return Packed(std::move(impl));
}

bool Packed::next() {
  auto& impl = *impl_;
  while (!impl.failure) {
    archive_entry* entry = nullptr;
    const int got = ::archive_read_next_header(impl.reader, &entry);
    if (got == ARCHIVE_EOF) return false;
    if (got == ARCHIVE_RETRY) continue;
    if (got < ARCHIVE_WARN) {
      impl.damaged();
      return false;
    }
    if (++impl.members > impl.limits.members) {
      impl.fail_with(Why::too_many, fmt::format("more than {} members", impl.limits.members));
      return false;
    }
    const bool raw = ::archive_format(impl.reader) == ARCHIVE_FORMAT_RAW;
    if (!raw && (::archive_entry_filetype(entry) != AE_IFREG || ::archive_entry_hardlink(entry))) continue;
    impl.member = raw ? std::string() : tame(::archive_entry_pathname(entry), impl.members);
    if (::archive_entry_is_encrypted(entry)) {
      impl.fail_with(Why::encrypted, "a member is encrypted");
      return false;
    }
    return true;
  }
  return false;
}

const std::string& Packed::name() const {
  return impl_->member;
}

std::string_view Packed::read() {
  auto& impl = *impl_;
  while (!impl.failure) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int got = ::archive_read_data_block(impl.reader, &bytes, &size, &offset);
    if (got == ARCHIVE_EOF) return {};
    if (got == ARCHIVE_RETRY) continue;
    if (got < ARCHIVE_WARN) {
      impl.damaged();
      return {};
    }
    impl.unpacked += size;
    if (impl.unpacked > impl.limits.ratio_from && impl.unpacked / impl.limits.ratio > impl.pulled) {
      impl.fail_with(Why::bomb,
                     fmt::format("it unpacks to more than {} times its size; unpack it yourself if "
                                 "you trust it",
                                 impl.limits.ratio));
      return {};
    }
    if (size > 0) return {static_cast<const char*>(bytes), size};
  }
  return {};
}

const Packed::Failure* Packed::failed() const {
  return impl_->failure ? &*impl_->failure : nullptr;
}

}  // namespace ostiary::files

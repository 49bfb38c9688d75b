#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/archive.h"

namespace ostiary::files {

struct FreeReader {
  void operator()(archive* reader) const { ::archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeReader>;

// libarchive turns names into the thread's character set, and gives none where that is ASCII.
class Utf8Names {
 public:
  Utf8Names();
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;
  ~Utf8Names();

 private:
  locale_t made_, before_ = nullptr;
};

// A name as a path below the archive: without "..", "." and empty parts. `number` names what has none.
std::string tame_name(std::string_view name, std::uint64_t number);
// As members() gives it; empty: the entry has no name that can be read.
std::string_view name_of_entry(archive_entry* entry);

// One archive being read, with all that is in it: what was unpacked so far is counted over all levels.
class Unpacking {
 public:
  // Something that stands in an archive, whether or not it is given.
  struct Entry {
    enum class Kind : std::uint8_t { file, folder, other };
    std::string path;  // tame, below the archive
    Kind kind = Kind::file;
  };
  using OnEntry = std::function<bool(const Entry& entry)>;  // false: it is passed over

  // `size` of what holds everything, by which the ratio is judged.
  Unpacking(std::uint64_t size, const OnMember& on_member, const ArchiveLimits& limits,
            std::vector<Partial>& partial);
  Unpacking(const Unpacking&) = delete;
  Unpacking& operator=(const Unpacking&) = delete;

  // Unpacks what lies in memory; `shown` stands before "!/". `on_entry` is asked of this level only.
  void unpack(std::string_view bytes, const std::string& shown, std::uint32_t level,
              const OnEntry& on_entry = {});
  // The same of the member at which `outer` stands, as a stream.
  void unpack_member(archive* outer, const std::string& shown, std::uint32_t level, const OnEntry& on_entry);
  // A reader over bytes in memory; null where it cannot be read, which is reported.
  Reader open(std::string_view bytes, ArchiveKind kind, const std::string& shown);
  // The next header: false at the end or where it cannot be read on, which is reported.
  bool next(archive* reader, archive_entry*& entry, const std::string& shown);
  // Passes over the rest of a member, and counts it where it has to be unpacked for that.
  void skip(archive* reader, ArchiveKind kind, const std::string& path);
  // The member at which the reader stands, no more than `limit` bytes; nullopt: more (unless its `head` is
  // enough), or it is damaged.
  std::optional<std::string> read_small(archive* reader, std::size_t limit, const std::string& path,
                                        bool head = false);
  void give(const std::string& path, std::string_view bytes, std::uint64_t whole);

  // What else holds what is unpacked, where it is not one piece.
  void holds(std::uint64_t size);
  std::uint64_t unpacked() const { return unpacked_; }
  bool ended() const { return ended_; }
  void report(const std::string& path, Why why, std::string text) {
    partial_.push_back({path, why, std::move(text)});
  }

 private:
  // Where a member is read from, with what was read of it already.
  struct Member {
    archive* reader;
    ArchiveKind kind;  // of the archive it is in
    const std::string& path;
    std::string_view head;
    std::uint64_t size = 0;  // as its header says
    bool sized = false;      // the header says it
  };
  struct Nested {
    Unpacking* self;
    const Member* member;
    bool begun = false;
    std::array<char, 64UL << 10> piece;
  };
  static la_ssize_t pull(archive* reader, void* nested, const void** bytes);

  void members(archive* reader, ArchiveKind kind, const std::string& shown, std::uint32_t level,
               const OnEntry& on_entry);
  void one(const Member& member, const std::string& shown, std::uint32_t level);
  void stream(const Member& member, ArchiveKind kind, const std::string& shown, std::uint32_t level,
              const OnEntry& on_entry);
  void nested(const Member& member, ArchiveKind kind, const std::string& shown, std::uint32_t level);
  void too_large(const Member& member);
  std::optional<std::string> content(const Member& member, std::uint64_t most, bool& more);
  // Up to `size` bytes, fewer only at the end. Negative: it cannot be read, which is reported.
  la_ssize_t read_some(archive* reader, char* into, std::size_t size, const std::string& path);
  bool count(std::uint64_t bytes, const std::string& path);
  // Nothing more is read, of no level.
  void stop(const std::string& path, Why why, std::string text) {
    report(path, why, std::move(text));
    ended_ = true;
  }

  const OnMember& on_member_;
  const ArchiveLimits& limits_;
  std::vector<Partial>& partial_;
  std::uint64_t size_ = 0, most_by_ratio_ = 0;
  std::uint64_t unpacked_ = 0, count_ = 0;
  bool ended_ = false;
};

const char* name_of(ArchiveKind kind);

}  // namespace ostiary::files

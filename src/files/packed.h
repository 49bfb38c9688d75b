#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "files/partial.h"

namespace ostiary::files {

// The next piece of a file; empty at its end. Valid until the next call.
using Pull = std::function<Result<std::string_view>()>;

struct PackedLimits {
  std::uint64_t ratio = 500;              // of what is unpacked to the bytes pulled so far …
  std::uint64_t ratio_from = 256u << 20;  // … as soon as this much is unpacked
  std::uint64_t members = 200'000;
};

// What stands in a file packed with gzip, zstd, xz or bzip2, in a tar or a zip, one piece after the other:
// any size in bounded memory, while read_archive() holds members whole. Packed parts one after the other, as
// appending leaves them, read as one. Nothing is written to disk. What is packed itself comes as it is: of a
// packed tar, the tar, for which a second Packed pulls from the first. What was already given stays good when
// the rest turns out damaged.
//
// One thread at a time. Memory: the format's window (zstd 128 MiB at most, xz 1 GiB) and a piece.
class Packed {
 public:
  // `pull` gives the packed bytes from the beginning; `head` are the first of them, which tell the kind
  // (archive_kind_of). Never fails by itself: next() and failed() tell.
  static Packed open(Pull pull, std::string_view head, const PackedLimits& limits = {});
  Packed(Packed&&) noexcept;
  Packed& operator=(Packed&&) noexcept;
  ~Packed();

  // Goes to the next regular file; false when there is none left, or the archive is damaged: failed() tells.
  bool next();
  // The member's name in its archive, without what would lead out of it; empty of a single packed file.
  const std::string& name() const;
  // The next piece of the member, empty at its end and where it cannot be read on: failed() tells.
  std::string_view read();

  // Why reading ended before the end, if it did.
  struct Failure {
    Why why;
    std::string text;
  };
  const Failure* failed() const;

 private:
  struct Impl;
  explicit Packed(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::files

#pragma once

#include "files/archive.h"
#include "scan/impl/found.h"
#include "scan/prefilter.h"

namespace ostiary::scan {

// How far archives are opened, images among them: a member over 32 MiB is looked at by its beginning. Model
// files that are archives are kept whole.
files::ArchiveLimits archive_limits();

// Looks at files, one after the other. For one thread.
class Examiner {
 public:
  explicit Examiner(const Options& options);

  // A file and, where it is an archive, what is in it.
  // `whole` is its size where `bytes` is only its beginning.
  void take(std::string_view path, std::string_view bytes, std::uint64_t whole);
  Found& found() { return found_; }

 private:
  void take_archive(std::string_view path, std::string_view bytes);
  void take_plain(std::string_view path, std::string_view bytes, std::uint64_t whole);
  void take_binary(const File& file, std::uint64_t whole);
  void note(std::string_view path);
  void keep(const File& file);
  void keep_features(const File& file);

  const Prefilter& prefilter_ = Prefilter::of_catalogue();
  Options options_;
  Found found_;
  Signs signs_;
};

}  // namespace ostiary::scan

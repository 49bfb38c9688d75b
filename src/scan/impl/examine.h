#pragma once

#include "scan/impl/found.h"
#include "scan/prefilter.h"

namespace ostiary::scan {

// Looks at files, one after the other. For one thread.
class Examiner {
 public:
  Examiner(std::shared_ptr<const Prefilter> prefilter, const Options& options);

  // A file and, where it is an archive, what is in it.
  void take(std::string_view path, std::string_view bytes);
  Found& found() { return found_; }

 private:
  void take_archive(std::string_view path, std::string_view bytes);
  void take_plain(std::string_view path, std::string_view bytes);
  void note(std::string_view path);
  void keep(const File& file);
  void keep_features(const File& file);

  Prefilter::Look look_;
  Options options_;
  Found found_;
  Signs signs_;
};

}  // namespace ostiary::scan

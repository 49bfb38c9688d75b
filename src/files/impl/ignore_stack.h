#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "files/ignore.h"
#include "files/partial.h"

namespace ostiary::files {

// The ignore rules in force at a place of a walk: those of the folders above it, the nearest last. Paths are
// relative to the topmost folder that has a say.
class IgnoreStack {
 public:
  // Starts at `folder`, which is on disk: reads the rules of the folders above it up to the repository's
  // top, but not its own. `prefix` is what stands before the paths of what is below `folder`: "" or "a/b/".
  void start(const std::string& folder, std::string& prefix, std::vector<Partial>& partial);
  // Enters the folder that is open at `fd`, and leaves the one entered last. `path` is "" or "a/b".
  void enter(int fd, std::string_view path, const std::string& shown, std::vector<Partial>& partial);
  void leave();

  bool ignored(std::string_view path, bool folder) const;

 private:
  struct Level {
    std::size_t offset;  // where paths relative to the rules' folder begin
    IgnoreRules own, git, exclude;
  };
  static IgnoreRules read(int folder, const char* name, const std::string& shown,
                          std::vector<Partial>& partial);

  std::vector<Level> levels_;
};

}  // namespace ostiary::files

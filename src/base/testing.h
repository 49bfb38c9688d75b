#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdlib.h>
#include <string>
#include <string_view>

// What the tests and benches of every module share.
namespace ostiary::testing {

// A folder of its own under the system's temporary folder, removed at the end with all that is in it. What
// keeps files open there is declared after it.
class TempFolder {
 public:
  TempFolder() {
    if (!::mkdtemp(path_.data())) {
      std::perror("no temporary folder could be made");
      std::abort();
    }
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return (path_ + '/').append(name); }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "ostiary-XXXXXX").string();
};

}  // namespace ostiary::testing

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "files/content.h"
#include "files/partial.h"

namespace ostiary::files {

struct TreeLimits {
  std::uint32_t depth = 100;              // folders below what was named; each open one takes a descriptor
  std::uint64_t entries = 2'000'000;      // names looked at, those that are passed over too
  std::uint64_t file_bytes = 2ULL << 30;  // of one file
  std::uint64_t total_bytes = 1024ULL << 30;  // of all files that are given out
};

struct TreeOptions {
  bool image_folders = false;  // layouts of container images are given as one file each
  bool ignore_rules =
      true;  // .gitignore, .ostiaryignore, .git/info/exclude; without them `.git` is entered too
  TreeLimits limits;
};

// A regular file of the tree.
struct TreeFile {
  std::size_t root = 0;    // which of the names that were given
  std::string path;        // below it, with '/'; the name itself where a file was named. Any bytes but NUL
  std::string shown;       // the name that was given and `path`, without "./": how people find the file
  std::uint64_t size = 0;  // bytes when it was looked at; 0 of a pipe or device that was named
  bool image = false;      // a folder that is a container image: read_image_folder(folder())
};

struct TreeSummary {
  std::uint64_t files = 0, bytes = 0;  // given out
  std::uint64_t ignored = 0;           // files and folders that a rule leaves out
  std::uint64_t links = 0;             // symbolic links passed over
  std::uint64_t special = 0;           // pipes, sockets and devices passed over
};

// Walks files and folders. The order is that of the names as given and below each one that of the paths'
// bytes, so the same tree gives the same sequence everywhere. Symbolic links are not followed, but for the
// names that were given: what one points at inside the tree is met at its own place. A pipe or device is read
// only when it was named. Folders are opened relative to their parents, so that one that is exchanged for a
// link meanwhile leads nowhere.
//
// Ignore rules are those of gitignore(5): below each name, and from the folders above it up to the one that
// holds
// `.git`. `.ostiaryignore` has the same syntax and goes before .gitignore. What was named is read even where
// a rule ignores it. Neither the user's core.excludesFile nor what git tracks is asked.
//
// Nothing that goes wrong below the names is fatal: it stands in partial(). One thread at a time.
class Tree {
 public:
  // `not_found` when a name does not exist; `denied` or `io` when it can't be looked at. No name: ".".
  static Result<Tree> open(std::vector<std::string> names, const TreeOptions& options = {});
  Tree(Tree&&) noexcept;
  Tree& operator=(Tree&&) noexcept;
  ~Tree();

  // The next file; nullptr when there is none left. Valid until the next call.
  const TreeFile* next();
  // The bytes of the file that next() gave last. An error stands in partial() too.
  Result<Content> read();
  // The folder that next() gave last as an image. Valid until the next call.
  const Fd& folder() const;
  // Notes that the file changed while its content was in use (Content::changed()): partial() tells.
  void changed(const std::string& shown);

  const TreeSummary& summary() const;
  const std::vector<Partial>& partial() const;  // in the order met

 private:
  struct Impl;
  explicit Tree(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::files

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "files/partial.h"

namespace ostiary::files {

struct GitLimits {
  std::uint64_t commits = 1'000'000;    // of a history, the newest
  std::uint64_t blobs = 5'000'000;      // of one question
  std::uint64_t blob_bytes = 1u << 28;  // of one blob
  int silence_ms = 120'000;             // that git may take for its next byte
};

// Lines of a blob, from 1, both included.
struct LineRange {
  std::uint64_t first = 0, last = 0;
  bool operator==(const LineRange&) const = default;
};

// The content of a regular file as git keeps it. Links and submodules have none that is read.
struct GitBlob {
  std::string id;                // its object name, in hex
  std::string path;              // from the top of the working tree; any bytes but NUL
  std::string commit;            // of a history: the first commit that has it, in hex
  bool whole = true;             // false: of what is staged, only the lines of `added` are new
  std::vector<LineRange> added;  // ascending
};

// A commit as log() gives it.
struct GitCommit {
  std::string id;  // in hex
  std::string author_name, author_email, committer_name, committer_email;
  std::string message;      // UTF-8 where git could make it so; at most kMostMessage bytes
  std::uint64_t added = 0;  // lines of text, against its parent; none of a merge
  std::uint64_t removed = 0;
  bool merge = false;  // it has several parents
  static constexpr std::size_t kMostMessage = 256UL << 10;
};

// Reads a repository through child processes of `git`, none of which writes, asks, fetches or runs what the
// repository names: hooks, fsmonitor, drivers, filters and transports are switched off, and replaced objects
// and grafts are not followed, as a clone gets the real ones. The user's own configuration counts
// (`safe.directory` stands there); so do GIT_DIR, GIT_INDEX_FILE and their like when `path` is empty, as git
// sets them for a hook.
//
// Errors: `not_found` for what is no repository or revision, and where git is missing; `denied` where git
// refuses another user's repository; `timeout`; `io`. One thread at a time.
class Repository {
 public:
  using OnBlob = std::function<bool(const GitBlob& blob)>;  // false: that is enough
  using OnCommit = std::function<bool(const GitCommit& commit)>;

  // `path`: any folder in it. Empty: the current folder.
  static Result<Repository> open(const std::string& path, const GitLimits& limits = {});
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  const std::string& top() const;  // of the working tree, absolute; empty: a bare repository
  bool shallow() const;            // its older commits are not here

  // What the index adds to HEAD or changes of it, by path. Before the first commit all of the index.
  Result<std::vector<GitBlob>> staged();
  // All of one revision, by path.
  Result<std::vector<GitBlob>> tree(const std::string& revision);
  // Each blob that the revisions reach, once, with the first commit that has it (parents come before
  // children) and its path there. `revisions` as git rev-list takes them ("main", "origin/main..HEAD",
  // "^v1.0"), no options; none: all branches, tags and other refs. `on_blob` may call read().
  Result<> history(const std::vector<std::string>& revisions, const OnBlob& on_blob);
  // The commits that `revision` reaches, the newest first, at most limits.commits of them; each with the
  // lines that it adds and removes, renames counting as both. A shallow clone's last commits seem to add all.
  Result<> log(const std::string& revision, const OnCommit& on_commit);
  // The bytes of a blob; `too_large` over the limit. An error stands in partial() too, with `path`.
  Result<std::string> read(const GitBlob& blob);

  const std::vector<Partial>& partial() const;

 private:
  struct Impl;
  explicit Repository(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::files

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "files/git.h"
#include "files/impl/git_child.h"

namespace ostiary::files {

struct Repository::Impl {
  Impl(const std::string& path, const GitLimits& given) : git(path, given.silence_ms), limits(given) {}

  Result<std::string> head_or_nothing() const;
  Result<> read_added(const std::string& head, std::vector<GitBlob>& blobs,
                      const std::map<std::string, std::vector<std::size_t>>& changed);
  Result<bool> check_history(const std::vector<std::string>& revisions);
  Result<bool> follow(Child& diffs, const OnBlob& on_blob);
  Result<std::string> read(const std::string& id);
  bool full(std::size_t count, const std::string& what);

  GitCaller git;
  GitLimits limits;
  std::string top;
  bool shallow = false;
  std::optional<Child> contents;
  std::vector<Partial> partial;
};

}  // namespace ostiary::files

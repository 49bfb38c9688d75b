#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "files/git.h"
#include "scan/component.h"

namespace ostiary::scan {

// The tools that a commit says had a part in it: by its author or committer, its trailers, or a mark in its
// message. Sorted by id, each once. From any thread.
std::vector<const catalog::Tool*> tools_of_commit(const files::GitCommit& commit);

// The tool whose name a text begins with, as in "Claude Code (claude.ai)"; nullptr: none. Names that are
// those of people or other things count only with what makes them a tool's. `size`: bytes of the name.
const catalog::Tool* tool_named(std::string_view text, std::size_t& size);

// Counts commits and lines by tool. Holds no name of a person.
class Authorship {
 public:
  void add(const files::GitCommit& commit);
  std::uint64_t commits() const { return commits_; }
  // A component for each tool; its evidence stands in `place`. `bounded`: there are older commits.
  std::vector<Component> components(const std::string& place, bool bounded) const;

 private:
  struct Share {
    std::uint64_t commits = 0, added = 0;
  };
  std::map<std::string_view, Share> by_tool_;
  std::uint64_t commits_ = 0, added_ = 0;
};

}  // namespace ostiary::scan

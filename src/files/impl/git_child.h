#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "files/impl/child.h"

namespace ostiary::files {

// How git is called so that a repository which a stranger made runs nothing.
class GitCaller {
 public:
  // `path` and `silence_ms` as for Repository.
  GitCaller(std::string path, int silence_ms);

  Result<Child> start(const std::vector<std::string>& arguments,
                      Child::Input input = Child::Input::nothing) const;
  Result<Child> start_behind(Child& previous, const std::vector<std::string>& arguments) const;
  // The whole output, at most `limit` bytes, of a call that must succeed.
  Result<std::string> output(const std::vector<std::string>& arguments, std::size_t limit = 1u << 20) const;
  // Waits for the child's end; its complaint as an error unless it succeeded.
  Result<> finish(Child& child) const;
  // What git said on stderr, in our words where it is one of the usual things.
  Error error_of(std::string_view said) const;

 private:
  std::vector<std::string> command(const std::vector<std::string>& arguments) const;

  std::string path_;
  int silence_ms_;
  std::vector<std::string> environment_;
};

}  // namespace ostiary::files

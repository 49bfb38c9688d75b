#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "scan/scanner.h"

namespace ostiary::scan {

// Reads who wrote a repository's commits, in a thread of its own while files are read. For one thread.
class History {
 public:
  static constexpr std::uint64_t kMostCommits = 20'000;  // the newest

  // The work trees whose top is one of the paths; of the others nothing is read.
  static History of_work_trees(const std::vector<std::string>& paths);
  static History of_revision(const std::string& folder, const std::string& revision);
  // Adds to the report what was found; waits.
  void finish(Report& report);

 private:
  struct Wanted {
    std::string folder, revision, place;
  };
  struct Read {
    std::vector<Component> components;
    std::uint64_t commits = 0;
    std::string why_not;  // empty: it was read
  };
  explicit History(std::vector<Wanted> wanted);
  static Read read(const Wanted& wanted);

  std::unique_ptr<std::vector<Read>> read_;  // written by the thread until it has ended
  std::jthread thread_;
};

}  // namespace ostiary::scan

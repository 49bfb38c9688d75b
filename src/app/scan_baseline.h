#pragma once

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "scan/component.h"

namespace ostiary::app {

// Components that were there before, by kind, name and grade.
class ScanBaseline {
 public:
  // A file that write() made, or what `scan --format json` printed.
  static Result<ScanBaseline> read(const std::string& path);
  static Result<> write(const std::string& path, const std::vector<scan::Component>& components);
  static ScanBaseline of(const std::vector<scan::Component>& components);

  // Whether it stood there with this grade or a stronger one.
  bool knows(const scan::Component& component) const;

 private:
  std::set<std::tuple<scan::Kind, std::string, scan::Grade>> known_;
};

}  // namespace ostiary::app

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ostiary::bench {

/// `--name value` and `--name=value` pairs of a command line; a name without a value holds "1".
class Arguments {
 public:
  Arguments(int argc, char** argv);

  /// The last value of `--name`, or `fallback`.
  std::string text(std::string_view name, std::string_view fallback = "") const;

  /// The same as a whole number; ends the program with status 2 where it is none.
  long number(std::string_view name, long fallback) const;

  /// Every value of `--name`, in order.
  std::vector<std::string> all(std::string_view name) const;

  bool has(std::string_view name) const { return !all(name).empty(); }

 private:
  struct Pair {
    std::string name;
    std::string value;
  };
  std::vector<Pair> pairs_;
};

}  // namespace ostiary::bench

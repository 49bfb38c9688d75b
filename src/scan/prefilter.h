#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scan/impl/texts.h"
#include "scan/impl/word_finder.h"

namespace ostiary::scan {

// The texts of the catalogue by which a use of AI can show in a file: a file that holds none of them is
// passed over after one pass. Immutable, for any number of threads.
class Prefilter {
 public:
  // Of all of them, made once; some milliseconds.
  static const Prefilter& of_catalogue();
  explicit Prefilter(const std::map<std::string, Way>& texts);

  // Whether one stands in `bytes` as it must.
  bool any(std::string_view bytes) const;

 private:
  struct Known {
    std::string text;
    Way way;
  };
  bool counts(std::string_view bytes, const Known& known, std::size_t start) const;
  std::vector<Known> texts_;
  WordFinder finder_;
};

}  // namespace ostiary::scan

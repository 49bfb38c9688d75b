#pragma once

#include <string>
#include <string_view>

#include "gateway/placeholders.h"

namespace ostiary::gateway {

// Gives back, in a text that comes in pieces, the values for which placeholders of the request stand. Holds
// back what may be the beginning of such a placeholder, and nothing else. A place that may be one costs about
// the logarithm of how many there are.
class Restoring {
 public:
  // `json`: the text is JSON, where a placeholder may stand with escapes and a value gets those it needs. The
  // placeholders must stay, and keep nothing else, until the text is over.
  void begin(const Placeholders& placeholders, bool json);
  bool idle() const { return placeholders_ == nullptr; }
  bool holds() const { return !held_.empty(); }
  void feed(std::string_view text, std::string& out);
  // What is held goes out as it is: something else follows it.
  void finish(std::string& out);

 private:
  // What stands at the front of a text: a placeholder of `size` bytes, perhaps the beginning of one, or
  // neither.
  struct Front {
    const Secret* value = nullptr;
    std::size_t size = 0;
    bool begun = false;
  };
  Front front(std::string_view text) const;

  const Placeholders* placeholders_ = nullptr;  // none where none has a value
  bool json_ = false;
  std::string held_;
};

}  // namespace ostiary::gateway

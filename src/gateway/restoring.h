#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/placeholders.h"

namespace ostiary::gateway {

// Gives back, in a text that comes in pieces, the values for which placeholders of the request stand. Holds
// back what may be the beginning of such a placeholder, and nothing else.
class Restoring {
 public:
  // `json`: the text is JSON, where a placeholder may stand with escapes and a value gets those it needs.
  void begin(const Placeholders& placeholders, bool json);
  bool idle() const { return forms_.empty(); }
  bool holds() const { return !held_.empty(); }
  void feed(std::string_view text, std::string& out);
  // What is held goes out as it is: something else follows it.
  void finish(std::string& out);

 private:
  struct Form {
    std::string text;
    const Secret* value = nullptr;
  };
  std::vector<Form> forms_;
  bool json_ = false;
  std::string held_;
};

}  // namespace ostiary::gateway

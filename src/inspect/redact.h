#pragma once

#include <map>
#include <string>
#include <string_view>

#include "inspect/engine.h"

namespace ostiary::inspect {

// Writes a text with what was found in it masked: each value becomes ‹class:type:n›, the same value of a type
// the same n. What stands there then is inspected again, since a placeholder may let something else come to
// light, and masked again, a few times at most.
class Redactor {
 public:
  // What is less sure than `least` stays. The engine must outlive it.
  Redactor(const Engine& engine, Confidence least) : inspecting_(engine), least_(least) {}

  // `found`: what an inspection of all of `text` gave. `too_large` where that is partial or there is always
  // more to mask: such a text is not masked at all.
  Result<std::string> redact(std::string_view text, const Inspection& found);

 private:
  std::string masked(std::string_view text, const Inspection& found);
  bool finds(const Inspection& found) const;

  Inspecting inspecting_;
  Confidence least_;
  std::map<std::string, std::map<std::string, int>> numbers_;  // of values, by class and type
};

}  // namespace ostiary::inspect

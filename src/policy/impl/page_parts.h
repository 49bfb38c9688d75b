#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "policy/policy.h"

namespace ostiary::policy {

// The lines of the block that is shown: from `first` on, before `end`.
struct Lines {
  std::uint32_t first = 0, end = 0;
  bool hold(Place place) const { return place.line >= first && place.line < end; }
};

// Blocks of the document as HTML, each with its source.
void append_rules(std::string& out, const Document& document, std::string_view source, Lines lines);
void append_data(std::string& out, const Document& document, std::string_view source, Lines lines);
void append_tests(std::string& out, const Document& document, std::string_view source, Lines lines);

// The section "What may I do?".
void append_may(std::string& out, const Policy& policy, WallMs on);

// A fact's value, as people write it.
std::string value_text(const FactValue& value);

}  // namespace ostiary::policy

#pragma once

#include <span>
#include <string_view>

namespace ostiary::policy {

// What a rule may oblige the gate to do with an exchange that it lets pass or stops.
struct ObligationSpec {
  std::string_view name;
  std::string_view takes;    // what its value is; empty: it has none
  bool duration = false;     // the value is one
  bool carried_out = false;  // by this build
  std::string_view meaning;
};

std::span<const ObligationSpec> obligation_table();  // sorted by name
const ObligationSpec* find_obligation(std::string_view name);

}  // namespace ostiary::policy

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ostiary::policy {

// What a rule may oblige the gate to do with an exchange that it lets pass or stops.
struct ObligationSpec {
  std::string_view name;
  std::string_view takes;    // what its value is; empty: it has none
  bool carried_out = false;  // by this build
  std::string_view meaning;
};

std::span<const ObligationSpec> obligation_table();  // sorted by name
const ObligationSpec* find_obligation(std::string_view name);

// What is wrong with the value of an obligation, to be read behind its name; nothing where it is right.
std::optional<std::string> wrong_value(const ObligationSpec& spec, std::string_view value);

// An obligation as decisions have it, "header: x-ai=yes", in its parts.
struct ObligationText {
  std::string_view name, value;
};
ObligationText parse_obligation(std::string_view text);

}  // namespace ostiary::policy

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scan/scanner.h"

namespace ostiary::scan {

// What ties code to one provider, at one place.
struct Tie {
  enum class To : std::uint8_t {
    client,   // the library of one provider
    model,    // a model's name in code
    address,  // an address in code
    feature   // what only one provider has
  };
  enum class Effort : std::uint8_t {
    setting,  // an argument or a variable of the environment
    edit,     // this place has to be written otherwise
    rework    // another way of doing it has to be found
  };
  To to = To::client;
  Effort effort = Effort::setting;
  std::string name;      // of the component or the feature
  std::string provider;  // id; empty: unknown
  Place place;
  std::string takes;  // what it would take to go through one base URL, a sentence
  auto operator<=>(const Tie&) const = default;
};
std::string_view name(Tie::To to);
std::string_view name(Tie::Effort effort);

// The places of code that keep it from going through one base URL to any provider: clients of one provider,
// models and addresses in code, and features that one provider has. Configuration is none of them: there they
// belong. By place. What a report left out for its bounds is left out here too.
std::vector<Tie> ties_of(const Report& report);

}  // namespace ostiary::scan

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::license {

enum class Purpose : std::uint8_t {
  product,   // in something that customers get or use
  internal,  // inside the organisation
  research
};

// How an organisation means to use a work. What is left out is not known, which is strict where it matters.
struct Profile {
  std::optional<std::uint64_t> revenue;        // US dollars a year, affiliates counted
  std::optional<std::uint64_t> monthly_users;  // of all its products and services
  std::vector<std::string> territories;        // where it is and where it uses the work: "DE", "US", "EU"
  std::optional<Purpose> purpose;
  std::optional<bool> distributes;        // gives copies out, also inside a product
  std::optional<bool> modifies;           // changes it, or makes a model of it
  std::optional<bool> hosts;              // lets others use it over a network
  std::optional<bool> trains;             // trains a model on it (of data and code)
  std::optional<bool> trains_on_outputs;  // trains another model on what it answers (of models)
  std::optional<bool> stays_closed;       // what is made of it is not given out under its terms
};

// Reads a YAML mapping of `revenue`, `monthly-users`, `territories`, `purpose` ("product", "internal",
// "research"), `distributes`, `modifies`, `hosts`, `trains`, `trains-on-outputs` and `stays-closed`; all may
// be left out, and `organisation` is for readers. `file` is for errors, which have file:line:column.
Result<Profile> read_profile(std::string_view text, std::string_view file);

// Whether two territories meet: one is the other, or a member of the EU or EEA that the other names.
bool meets(std::string_view one, std::string_view other);

}  // namespace ostiary::license

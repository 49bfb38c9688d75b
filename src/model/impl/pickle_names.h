#pragma once

#include <cstdint>
#include <string_view>

namespace ostiary::model {

// What a global of a pickle is, by the catalogue (catalog/pickle).
enum class Effect : std::uint8_t {
  rebuilds,  // makes values and nothing else
  unknown,   // no entry names it
  runs       // runs code or programs, reads or writes files, or reaches out
};

// By exact module and name, so that "OrderedDict.__init__" of an allowed class is not allowed. Thread-safe.
Effect effect_of(std::string_view module, std::string_view name);

}  // namespace ostiary::model

#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"

namespace ostiary::catalog {

// What one value of a catalogue entry must be. catalog/schema/<kind>.yaml describes it with the members'
// names.
struct Field {
  enum class Type : std::uint8_t { text, url, date, count, boolean, reference, list, mapping };

  std::string name;
  Type type = Type::text;
  bool required = false;            // lists that are required may not be empty
  std::string pattern;              // ECMAScript regular expression that the whole of a text matches
  std::vector<std::string> one_of;  // the only texts allowed
  std::uint64_t min = 0;            // of a count
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  std::string kind;          // of a reference: whose ids it takes
  std::vector<Field> inner;  // of a mapping: its fields; of a list: the one field that each item is
  std::string doc;
};

// One kind of entry: a mapping whose `id` and `origin` the compiler adds, so that none can be without.
struct Schema {
  std::string kind;
  std::string doc;
  Field entry;
};

// Reads a schema; what is wrong with it is appended to `problems`.
Schema read_schema(const yaml::Node& root, std::string_view kind, std::string_view file,
                   std::vector<Error>& problems);

// "; did you mean 'x'?" or the list of what is possible.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace ostiary::catalog

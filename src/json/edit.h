#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace ostiary::json {

// One replacement of the bytes [start, end) of a text.
struct Splice {
  std::uint32_t start = 0, end = 0;
  std::string with;
};

// Changes to a valid document that leave every other byte as it is. Collect, then apply once.
class Edit {
 public:
  void replace(Value value, std::string_view json);                 // `json` must itself be a valid JSON value
  void replace_bytes(std::uint32_t start, std::uint32_t end, std::string_view with);
  void set(Value object, std::string_view name, std::string_view json);  // replaces the member, or adds it as the last
  void remove(Value member);                                        // a member or element, with one comma
  bool empty() const { return splices_.empty(); }
  // The new text. Fails with `invalid` when two changes overlap.
  Result<std::string> apply(std::string_view text) const;

 private:
  std::vector<Splice> splices_;
};

}  // namespace ostiary::json

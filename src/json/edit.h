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

// Changes to a valid document that leave every other byte as it is. Collect, then apply once. All values of
// one Edit are of one Document, which is not needed any more when apply() runs.
class Edit {
 public:
  void replace(Value value, std::string_view json);  // `json` must itself be a valid JSON value
  void replace_bytes(std::uint32_t start, std::uint32_t end, std::string_view with);
  // Replaces the member, or adds it as the last; of several calls for one name the last one counts.
  void set(Value object, std::string_view name, std::string_view json);
  void remove(Value member);  // a member or element, with one comma
  bool empty() const { return splices_.empty() && containers_.empty(); }
  // The new text. Fails with `invalid` when two changes overlap or one lies outside the text.
  Result<std::string> apply(std::string_view text) const;

 private:
  struct Child {
    std::uint32_t start = 0, end = 0;  // with its name
    bool removed = false;
  };
  struct Added {
    std::string name;  // decoded
    std::string json;
  };
  // A container that gains or loses children. Its commas depend on all of these changes, so they become
  // splices last.
  struct Container {
    std::uint32_t index = 0;   // of its node
    std::uint32_t inside = 0;  // just behind its opening bracket
    std::vector<Child> children;
    std::vector<Added> added;

    void append_splices(std::vector<Splice>& out) const;
  };
  Container& container(Value value);
  static Child& child(Container& container, Value value);
  void forget(Value value);

  std::vector<Splice> splices_;
  std::vector<Container> containers_;
};

}  // namespace ostiary::json

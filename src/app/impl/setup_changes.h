#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ostiary::app {

// Something of ours in a file of somebody else.
struct SetupChange {
  enum class Kind : std::uint8_t {
    block,    // lines between marks, in a format whose comments start with '#'
    member,   // a member of a JSON object
    element,  // an object in the JSON array that is the whole file, known by its "name"
  };
  Kind kind = Kind::block;
  std::string name;               // of a block, in its marks; of an element
  std::vector<std::string> path;  // of a member, from the root
  std::string value;              // a block's lines, each with its line feed; otherwise JSON
  std::string indent;             // of a block's marks
  std::string replaces;           // what stood in the place: lines, or JSON; empty: nothing
  bool made_parent = false;       // the object that holds the member is ours too
  std::size_t at = 0;             // where a block goes in the text without it; not recorded

  bool operator==(const SetupChange& other) const;  // but for `at`
};

SetupChange block(std::string name, std::string lines, std::size_t at);
SetupChange member(std::vector<std::string> path, std::string json);
SetupChange element(std::string name, std::string json);

// The text with the changes; it notes in each what it replaced. `file` is for errors.
Result<std::string> with_changes(std::string_view base, std::vector<SetupChange>& changes,
                                 const std::string& file);

enum class Take : std::uint8_t {
  untouched,  // `invalid` where somebody edited what is ours
  whatever,   // also what was edited
};
// The text without them. What is not there any more was taken out already.
Result<std::string> without_changes(std::string text, const std::vector<SetupChange>& changes, Take take,
                                    const std::string& file);

}  // namespace ostiary::app

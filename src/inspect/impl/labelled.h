#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

// Reads tests/corpus/inspect. For tests only.
namespace ostiary::inspect {

struct Label {
  std::uint64_t start = 0, end = 0;
  std::string klass, type;
  bool optional = false;  // may be found or not
};

struct LabelledText {
  std::string id, like, text;
  std::vector<Label> labels;  // by start
};

// Takes the marks ⟦class type⟧ … ⟦/⟧ and ⟦+⟧ out of a text.
Result<LabelledText> read_labelled(std::string_view marked);
// All texts of a file; `id` is "file/id".
Result<std::vector<LabelledText>> read_labelled_file(const std::string& path);
// A text without its ⟦+⟧.
std::string without_joints(std::string_view text);

}  // namespace ostiary::inspect

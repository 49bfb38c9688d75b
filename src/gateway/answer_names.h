#pragma once

#include <string>
#include <vector>

#include "gateway/answer_text.h"
#include "json/document.h"
#include "json/edit.h"

namespace ostiary::gateway {

// Looks at the numbers and the members' names of an answer, or of an event of one: what they hold stands
// within one of them.
class AnswerNames {
 public:
  // Notes what is found, and changes what is to be masked: a number becomes a string. Values in `apart` are
  // left alone. Whether anything is changed. The document may be one event of many: names and numbers that
  // are those of the one before are not looked at again.
  bool examine(AnswerMasks& masks, const json::Document& document, const std::vector<json::Value>& apart,
               json::Edit& edit);
  // The same changes without a note.
  static bool mask(AnswerMasks& masks, const json::Document& document, const std::vector<json::Value>& apart,
                   json::Edit& edit);

 private:
  std::string text_, clean_, told_;  // names and numbers; in which nothing was; what was in which is told
};

// The pointer of a value; nothing where a name in it is unusual, since names may hold anything.
std::string shown_pointer(json::Value value);

}  // namespace ostiary::gateway

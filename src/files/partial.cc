#include "files/partial.h"

namespace ostiary::files {

std::string_view name_of(Why why) {
  switch (why) {
    case Why::unreadable:
      return "unreadable";
    case Why::too_large:
      return "too-large";
    case Why::too_many:
      return "too-many";
    case Why::too_deep:
      return "too-deep";
    case Why::bomb:
      return "bomb";
    case Why::encrypted:
      return "encrypted";
    case Why::damaged:
      return "damaged";
    case Why::unsupported:
      return "unsupported";
  }
  return "";
}

}  // namespace ostiary::files

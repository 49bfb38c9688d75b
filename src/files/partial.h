#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ostiary::files {

// Why something was not read. Each makes a result partial, and a partial result is treated strictly.
enum class Why : std::uint8_t {
  unreadable,   // the system refused, or it changed or went away meanwhile
  too_large,    // over a limit of bytes
  too_many,     // over a limit of number
  too_deep,     // over a limit of depth or of nesting
  bomb,         // unpacks to more than a limit allows for its size
  encrypted,    // needs a password
  damaged,      // not what its format says
  unsupported,  // a format or method that is not read
};
std::string_view name_of(Why why);  // "too-large"

// One thing that was not read: an entry of `partial[]`.
struct Partial {
  std::string path;  // as shown to people: file, folder, archive member ("a.zip!/b") or revision
  Why why = Why::unreadable;
  std::string text;  // what happened, with the limit where there is one
};

}  // namespace ostiary::files

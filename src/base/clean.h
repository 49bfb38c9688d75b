#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ostiary::text {

// What is kept of a text that a person wrote: valid UTF-8 (others become U+FFFD), line ends as \n, no other
// control or bidirectional-override characters, no blanks at the ends, at most `most` bytes, cut between code
// points.
std::string clean(std::string_view text, std::size_t most);

}  // namespace ostiary::text

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ostiary::files {

// What a part of an office file says: its text, where runs of one paragraph are one text, and behind it, a
// line each, its comments and the values of its attributes that are no numbers, colours or name spaces.
// Linear in time; at most about as long as the XML. Nothing: it is no XML that a program writes (a DOCTYPE
// among it, with which entities could be defined), so that it must be looked at as it stands.
std::optional<std::string> text_of_xml(std::string_view xml);

}  // namespace ostiary::files

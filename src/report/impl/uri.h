#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ostiary::report {

// A URI (RFC 3986) that may be shown as a link: of a scheme that names a place, with what is not allowed in
// it percent-encoded and without user information. Nothing, where it is no such URI.
std::optional<std::string> place_uri(std::string_view uri);
// A package URL with what is not allowed in it percent-encoded; nothing, where it is none.
std::optional<std::string> package_url(std::string_view purl);

}  // namespace ostiary::report

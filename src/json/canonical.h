#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/document.h"

namespace ostiary::json {

// The JSON Canonicalization Scheme (RFC 8785): members sorted by UTF-16 code units, ECMAScript numbers, least
// escapes. Refused by the second form, each with its byte position as in Document::parse: what the RFC has no
// form for, which is half a surrogate pair, a number beyond the range of a double, a name twice in an object.
// The first form writes U+FFFD for the half pair, keeps the number's own digits, and leaves open which of two
// equal names comes first.
std::string canonical(Value value);
Result<std::string> canonical(std::string_view text);

}  // namespace ostiary::json

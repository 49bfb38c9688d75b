#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/document.h"

namespace ostiary::json {

// The JSON Canonicalization Scheme (RFC 8785): members sorted by UTF-16 code units, ECMAScript numbers, least escapes.
std::string canonical(Value value);
Result<std::string> canonical(std::string_view text);

}  // namespace ostiary::json

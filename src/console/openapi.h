#pragma once

#include <string>
#include <string_view>

namespace ostiary::console {

// The table of operations as an OpenAPI 3.1 document; the same bytes from the same program.
std::string openapi(std::string_view version);

}  // namespace ostiary::console

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ostiary {

// Wall-clock time as milliseconds since 1970-01-01T00:00:00Z, and monotonic time in nanoseconds.
using WallMs = std::int64_t;
using MonoNs = std::int64_t;

WallMs wall_now();
MonoNs mono_now();

// RFC 3339 in UTC with milliseconds: 2026-11-23T08:00:00.000Z (24 bytes).
std::string rfc3339(WallMs t);
void append_rfc3339(std::string& out, WallMs t);
std::optional<WallMs> parse_rfc3339(std::string_view s);  // UTC ("Z") only

}  // namespace ostiary

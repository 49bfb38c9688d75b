#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ostiary::scan {

// A time as logs write it, in seconds since 1970 UTC: seconds, milli-, micro- or nanoseconds as a number; RFC
// 3339 and its cousins ("2026-11-23 08:00:00", "2026/11/23", "20261123T080000Z"); "23/Nov/2026:08:00:00
// +0100"; "23-Nov-2026 08:00:00"; "Mon, 23 Nov 2026 …"; "23.11.2026 08:00"; and syslog's "Nov 23 08:00:00",
// whose year is the one that puts it latest without being a day after `reference`. A time without a zone is
// taken as UTC. Nothing for what is read otherwise (the 3rd of which month is 03/04/2026?) or lies outside of
// 1990 to 2199.
std::optional<std::int64_t> log_time(std::string_view text, std::int64_t reference);

// Days since 1970-01-01 as YYYY-MM-DD.
std::string log_day(std::int32_t day);

}  // namespace ostiary::scan

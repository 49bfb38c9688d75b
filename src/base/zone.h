#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace date {
class time_zone;
}

namespace ostiary {

// A time zone of this machine's zone files (the IANA time zone database, RFC 6557), with the changes of its
// clocks. A value; any thread may use it.
class Zone {
 public:
  Zone() = default;  // UTC, which needs no file
  // By its name in the database, such as "Europe/Berlin". `not_found` says what is missing: the zone, or all
  // of them.
  static Result<Zone> find(std::string_view name);

  // Days since 1970-01-01 by the calendar on the wall there.
  std::int64_t day_of(WallMs utc) const;
  // When the clock on the wall shows `minute` (0 to 1440) of that day. Of a time that comes twice the first;
  // for one that is skipped the moment of the jump.
  WallMs utc_of(std::int64_t day, std::uint32_t minute) const;

 private:
  const date::time_zone* zone_ = nullptr;  // of the library, which keeps it for ever; null: UTC
};

}  // namespace ostiary

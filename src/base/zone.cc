#include "base/zone.h"

#include <algorithm>
#include <chrono>
#include <date/tz.h>
#include <exception>
#include <fmt/format.h>

namespace ostiary {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

// What is asked of the library lies in these years: its calendar ends at 32767.
constexpr WallMs kFirst = -62'135'596'800'000, kLast = 253'402'300'799'000;  // years 1 to 9999

date::sys_time<milliseconds> point(WallMs utc) {
  return date::sys_time<milliseconds>(milliseconds(std::clamp(utc, kFirst, kLast)));
}

bool is_form(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '/' &&
         name.find("..") == std::string_view::npos && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                  c == '-' || c == '+' || c == '/';
         });
}

}  // namespace

Result<Zone> Zone::find(std::string_view name) {
  Zone zone;
  if (name == "UTC") return zone;
  const auto none = [&](std::string_view why) {
    return fail(Code::not_found,
                fmt::format("this machine knows no time zone of that name ({}); write one such "
                            "as Europe/Berlin, or UTC",
                            why));
  };
  if (!is_form(name)) return none("it is not the form of a name");
  try {
    zone.zone_ = date::locate_zone(std::string(name));
    (void)zone.zone_->get_info(point(0));  // reads the zone's file
  } catch (const std::exception&) {
    return none("its zone files are those of the package tzdata");
  }
  return zone;
}

std::int64_t Zone::day_of(WallMs utc) const {
  const auto at = point(utc);
  const auto shift = zone_ ? zone_->get_info(at).offset : std::chrono::seconds(0);
  return date::floor<date::days>(at + shift).time_since_epoch().count();
}

WallMs Zone::utc_of(std::int64_t day, std::uint32_t minute) const {
  constexpr WallMs kDayMs = 86'400'000;
  const auto local =
      point(std::clamp(day, kFirst / kDayMs, kLast / kDayMs) * kDayMs).time_since_epoch() + minutes(minute);
  if (!zone_) return local.count();
  const auto info = zone_->get_info(date::local_time<milliseconds>(local));
  if (info.result == date::local_info::nonexistent)
    return std::chrono::duration_cast<milliseconds>(info.first.end.time_since_epoch()).count();
  return (local - info.first.offset).count();
}

}  // namespace ostiary

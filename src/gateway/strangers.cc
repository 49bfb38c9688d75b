#include "gateway/strangers.h"

namespace ostiary::gateway {

bool Strangers::admit(std::uint32_t per_minute, MonoNs now) {
  constexpr MonoNs minute = 60'000'000'000;
  if (per_minute > 0) {
    const MonoNs each = minute / per_minute;
    if (allowance_.take(now, each, minute - each)) return true;
  }
  ++unrecorded_;
  return false;
}

}  // namespace ostiary::gateway

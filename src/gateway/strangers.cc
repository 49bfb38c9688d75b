#include "gateway/strangers.h"

#include <algorithm>

namespace ostiary::gateway {

bool Strangers::admit(std::uint32_t per_minute, MonoNs now) {
  constexpr MonoNs minute = 60'000'000'000;
  const MonoNs each = per_minute > 0 ? minute / per_minute : 0;
  if (per_minute == 0 || free_at_ > now + minute - each) {
    ++unrecorded_;
    return false;
  }
  free_at_ = std::max(free_at_, now) + each;
  return true;
}

}  // namespace ostiary::gateway

#pragma once

#include <cstdint>
#include <utility>

#include "base/allowance.h"

namespace ostiary::gateway {

// Which refusals of strangers, callers without a known key, one loop records: as many in a minute as is
// allowed, at once or spread; what is used up comes back evenly. The others are counted. Belongs to one loop.
class Strangers {
 public:
  // Whether this one is recorded. `per_minute` may change from call to call.
  bool admit(std::uint32_t per_minute, MonoNs now);
  std::uint64_t unrecorded() const { return unrecorded_; }
  std::uint64_t take_unrecorded() { return std::exchange(unrecorded_, 0); }

 private:
  Allowance allowance_;
  std::uint64_t unrecorded_ = 0;
};

}  // namespace ostiary::gateway

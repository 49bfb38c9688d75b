#include "gateway/fault.h"

#include <atomic>
#include <cstdlib>
#include <signal.h>
#include <string_view>
#include <unistd.h>

#include "base/text.h"

namespace ostiary::gateway {

namespace {
struct Plan {
  int place = -1;
  std::atomic<std::int64_t> left{0};
  Plan() {
    const char* wanted = std::getenv("OSTIARY_FAULT");
    if (!wanted) return;
    const std::string_view text(wanted);
    constexpr std::string_view names[] = {"kill@intent-written:", "kill@forwarded:", "kill@outcome-written:"};
    for (int i = 0; i < 3; ++i) {
      if (!text.starts_with(names[i])) continue;
      place = i;
      left = static_cast<std::int64_t>(text::parse_uint(text.substr(names[i].size())).value_or(1));
    }
  }
};
}  // namespace

void fault_point(Fault place) {
  static Plan plan;
  if (plan.place != static_cast<int>(place)) return;
  if (plan.left.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
}

}  // namespace ostiary::gateway

#include "app/response_keeper.h"

#include <utility>

#include "base/log.h"

namespace ostiary::app {

namespace {
constexpr std::size_t kMostUnkept = 10'000;
}

void ResponseKeeper::remember(const store::StoredResponse& response) {
  {
    const std::lock_guard lock(mutex_);
    if (unkept_.size() >= kMostUnkept) {
      if (!std::exchange(dropping_, true))
        log::warn("the store cannot follow: where some responses live is lost with the next start");
    } else {
      unkept_.push_back(response);
    }
    if (std::exchange(asked_, true)) return;
  }
  if (run_([this] { keep(); })) return;
  const std::lock_guard lock(mutex_);
  asked_ = false;  // the next one asks again
}

void ResponseKeeper::keep() {
  std::vector<store::StoredResponse> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(unkept_);
    dropping_ = asked_ = false;
  }
  if (taken.empty()) return;
  const std::lock_guard lock(backing_.store_mutex);
  if (const auto kept = backing_.store->remember_responses(taken, wall_now()); !kept)
    log::warn("cannot keep where responses live: " + kept.error().text());
}

}  // namespace ostiary::app

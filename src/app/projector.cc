#include "app/projector.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/log.h"

namespace ostiary::app {

namespace {

using namespace std::chrono_literals;

constexpr auto kPause = 250ms;  // between looks: what came meanwhile shares a transaction
constexpr auto kRetry = 1000ms;
constexpr MonoNs kForgetEvery = 60LL * 1'000'000'000;
constexpr std::uint64_t kRecordsPerSecond = 50'000;  // that even a small machine projects
constexpr int kNice = 3;

// A thread of Linux has a niceness of its own. Where a loop takes all of a processor, this one leaves the
// projector a third of it: it needs about half of that to keep up, and with much less it falls behind for as
// long as the rush lasts.
void give_way() {
  (void)::setpriority(PRIO_PROCESS, 0, kNice);
}

}  // namespace

Projector::Projector(std::string data_folder, const ledger::Ledger& ledger)
    : data_(std::move(data_folder)), ledger_(ledger), caught_up_at_(mono_now()) {
  auto opened = LedgerProjection::open(data_);
  if (opened) {
    projection_ = std::move(*opened);
    position_ = projection_->position();
  } else {
    complain(opened.error());
  }
  // The thread answers no signals: those are the program's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), "projector");
}

Projector::~Projector() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Projector::Lag Projector::lag() const {
  const auto written = ledger_.size();
  const std::lock_guard lock(mutex_);
  if (position_ >= written) return {};
  return {written - position_, static_cast<double>(mono_now() - caught_up_at_) / 1e9};
}

bool Projector::wait_until_caught_up(std::chrono::milliseconds at_most) {
  const auto target = ledger_.size();
  std::unique_lock lock(mutex_);
  hurry_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, at_most, [&] { return position_ >= target || failing_ || stop_; });
  return position_ >= target;
}

bool Projector::wait_at_start(std::chrono::milliseconds at_most) {
  const auto missing = lag().records;
  if (missing * 1000 > kRecordsPerSecond * static_cast<std::uint64_t>(at_most.count())) {
    log::info(fmt::format("exchanges: {} records are projected while the gate is open", missing));
    return false;
  }
  return wait_until_caught_up(at_most);
}

void Projector::complain(const Error& error) {
  if (!std::exchange(complained_, true))
    log::error("exchanges: nothing can be projected: " + error.text() + "; it is tried again");
  const std::lock_guard lock(mutex_);
  failing_ = true;
  changed_.notify_all();
}

Result<bool> Projector::advance_once() {
  if (!projection_ || !projection_->in_place()) {
    projection_.reset();
    TRY(projection_, LedgerProjection::open(data_));
  }
  const auto looked_at = mono_now();
  const auto written = ledger_.size();
  TRY(const bool more, projection_->step(written));
  const auto position = projection_->position();
  if (position >= written && (!forgot_at_ || looked_at - *forgot_at_ > kForgetEvery)) {
    TRY_VOID(projection_->forget_removed());
    forgot_at_ = looked_at;
  }
  const std::lock_guard lock(mutex_);
  position_ = position;
  failing_ = false;
  if (position >= written) {
    caught_up_at_ = looked_at;
    hurry_ = false;
  }
  changed_.notify_all();
  return more && position < written;
}

// Whether there is more to do at once.
bool Projector::advance() {
  const auto more = advance_once();
  if (!more) {
    projection_.reset();
    complain(more.error());
    return false;
  }
  if (std::exchange(complained_, false)) log::info("exchanges: they are projected again");
  return *more;
}

void Projector::rest(std::chrono::milliseconds how_long) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, how_long, [&] { return stop_ || (hurry_ && !failing_); });
}

void Projector::run() {
  give_way();
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
    }
    if (!advance()) rest(complained_ ? kRetry : kPause);
  }
}

}  // namespace ostiary::app

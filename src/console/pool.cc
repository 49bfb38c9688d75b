#include "console/impl/pool.h"

#include <chrono>

#include "base/time.h"

namespace ostiary::console {

Pool::Pool(unsigned threads, std::size_t most_waiting) : most_waiting_(most_waiting) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool Pool::run(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_ || waiting_.size() >= most_waiting_) return false;
    waiting_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void Pool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

bool Turns::take(const std::string& caller) {
  const std::lock_guard lock(mutex_);
  const auto turn = taken_.try_emplace(caller, 0).first;
  if (turn->second >= most_) return false;
  ++turn->second;
  return true;
}

void Turns::give_back(const std::string& caller) {
  const std::lock_guard lock(mutex_);
  const auto turn = taken_.find(caller);
  if (turn != taken_.end() && --turn->second == 0) taken_.erase(turn);
}

Watchdog::Watchdog(unsigned limit_ms) : limit_ms_(limit_ms), thread_([this] { work(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Watchdog::watch(std::function<void()> late) {
  {
    const std::lock_guard lock(mutex_);
    due_.push_back({mono_now() + limit_ms_ * 1'000'000LL, std::move(late)});
    if (due_.size() > 1) return;
  }
  wake_.notify_one();
}

void Watchdog::work() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (due_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto left = due_.front().at - mono_now();
    if (left > 0) {
      wake_.wait_for(lock, std::chrono::nanoseconds(left));
      continue;
    }
    const auto late = std::move(due_.front().late);
    due_.pop_front();
    lock.unlock();
    late();
    lock.lock();
  }
}

}  // namespace ostiary::console

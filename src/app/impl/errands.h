#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>

namespace ostiary::app {

// A thread that does one thing after another, for what a loop must not wait for.
class Errands {
 public:
  Errands() : thread_([this] { run(); }) {}
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;
  ~Errands() { finish(); }

  // Thread-safe. After finish() nothing is taken any more.
  void send(std::function<void()> errand) {
    {
      const std::lock_guard lock(mutex_);
      if (!over_) waiting_.push(std::move(errand));
    }
    wake_.notify_one();
  }
  // Does what was sent, and ends the thread.
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    for (;;) {
      std::function<void()> errand;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return over_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        errand = std::move(waiting_.front());
        waiting_.pop();
      }
      errand();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::queue<std::function<void()>> waiting_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace ostiary::app

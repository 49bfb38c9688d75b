#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ostiary::console {

// Threads that do jobs in the order in which they came. Thread-safe.
class Pool {
 public:
  using Job = std::function<void()>;
  Pool(unsigned threads, std::size_t most_waiting);
  ~Pool();            // waits for jobs under way; those that wait are dropped
  bool run(Job job);  // false: too many wait

 private:
  void work();
  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> waiting_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

// How many jobs each caller has in a lane, those that wait counted. Thread-safe.
class Turns {
 public:
  explicit Turns(unsigned most) : most_(most) {}
  bool take(const std::string& caller);  // false: as many as one may have
  void give_back(const std::string& caller);

 private:
  const unsigned most_;
  std::mutex mutex_;
  std::map<std::string, unsigned> taken_;
};

// Does something about who was promised an answer within a time, each for the same time. Thread-safe.
class Watchdog {
 public:
  explicit Watchdog(unsigned limit_ms);
  ~Watchdog();
  void watch(std::function<void()> late);  // called once the time is over, whatever became of it

 private:
  void work();
  const unsigned limit_ms_;
  std::mutex mutex_;
  std::condition_variable wake_;
  struct Due {
    long long at;
    std::function<void()> late;
  };
  std::deque<Due> due_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace ostiary::console

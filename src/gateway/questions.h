#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "gateway/question_sink.h"
#include "net/loop.h"
#include "net/task.h"

namespace ostiary::gateway {

// The gate's way to the desk. The desk is asked on a thread of its own, one refusal after the other; numbers
// are remembered for a while, so that the same refusal again costs nothing. Thread-safe.
//
// A refusal goes without a number where there is no desk, where it does not answer in time, where
// kMostWaiting refusals wait for it already, or where one subject had kMostOfOne new ones within a minute.
class Questions {
 public:
  static constexpr std::uint64_t kPatienceMs = 500;
  static constexpr std::size_t kMostWaiting = 64, kMostOfOne = 60, kMostRemembered = 4096;
  static constexpr MonoNs kRememberedNs = 60'000'000'000;

  Questions() = default;
  ~Questions();
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;

  // Who is asked from now on; null: nobody. Returns once the one before is not asked any more. What it
  // approved is looked up on loops: it must live until they have ended.
  void serve(QuestionSink* sink);
  // Null: nobody is asked.
  const QuestionSink* sink() const { return sink_.load(std::memory_order_acquire); }

  // The number of a refusal's question; empty: none. To be awaited on the loop's thread.
  net::Task<std::string> number_of(net::Loop& loop, net::Watch* client, Refusal refusal);

 private:
  // Of one exchange that waits.
  struct Wait {
    net::Waiter* waiter = nullptr;  // null: it waits no longer
    std::string number;
  };
  struct Asked {
    Refusal refusal;
    std::vector<std::function<void(const std::string&)>> told;  // how each who waits gets the number
  };
  struct Known {
    std::string number;
    MonoNs until = 0;
  };
  bool enter(net::Loop& loop, const std::shared_ptr<Wait>& wait, Refusal& refusal, MonoNs now);
  bool may_ask(const std::string& subject, MonoNs now);
  void remember(const std::string& fingerprint, const std::string& number);
  void work();

  std::atomic<QuestionSink*> sink_{nullptr};
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::unordered_map<std::string, Known> known_;  // by fingerprint
  std::deque<std::string> order_;                 // of known_, oldest first
  std::deque<std::shared_ptr<Asked>> waiting_;
  std::shared_ptr<Asked> under_way_;
  std::unordered_map<std::string, std::size_t> asked_;  // new ones in this minute, by subject
  MonoNs minute_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace ostiary::gateway

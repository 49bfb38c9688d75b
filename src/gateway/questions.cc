#include "gateway/questions.h"

#include <algorithm>

#include "base/log.h"

namespace ostiary::gateway {

namespace {
constexpr MonoNs kMinute = 60'000'000'000;
}

Questions::~Questions() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Questions::serve(QuestionSink* sink) {
  std::unique_lock lock(mutex_);
  sink_.store(sink, std::memory_order_release);
  idle_.wait(lock, [&] { return under_way_ == nullptr; });
  known_.clear();
  order_.clear();
  if (sink && !thread_.joinable()) thread_ = std::thread([this] { work(); });
}

// Of a subject's new refusals in this minute.
bool Questions::may_ask(const std::string& subject, MonoNs now) {
  if (now - minute_ >= kMinute) {
    minute_ = now;
    asked_.clear();
  }
  if (asked_.size() >= kMostRemembered && !asked_.contains(subject)) return false;
  return ++asked_[subject] <= kMostOfOne;
}

// False: it waits for nothing, and `wait` has what there is.
bool Questions::enter(net::Loop& loop, const std::shared_ptr<Wait>& wait, Refusal& refusal, MonoNs now) {
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(refusal.fingerprint);
      known != known_.end() && now < known->second.until) {
    wait->number = known->second.number;
    return false;
  }
  if (!sink_.load(std::memory_order_relaxed)) return false;
  const auto same = [&](const std::shared_ptr<Asked>& one) {
    return one && one->refusal.fingerprint == refusal.fingerprint;
  };
  std::shared_ptr<Asked> asked = same(under_way_) ? under_way_ : nullptr;
  if (!asked)
    if (const auto at = std::ranges::find_if(waiting_, same); at != waiting_.end()) asked = *at;
  if (!asked) {
    if (waiting_.size() >= kMostWaiting || !may_ask(refusal.subject, now)) return false;
    asked = std::make_shared<Asked>();
    asked->refusal = std::move(refusal);
    waiting_.push_back(asked);
    wake_.notify_one();
  }
  if (asked->told.size() >= kMostWaiting) return false;
  asked->told.push_back([wait, remote = loop.remote()](const std::string& number) {
    remote->post([wait, number] {
      wait->number = number;
      if (wait->waiter) wait->waiter->fire(net::Wake::ready);
    });
  });
  return true;
}

net::Task<std::string> Questions::number_of(net::Loop& loop, net::Watch* client, Refusal refusal) {
  const auto wait = std::make_shared<Wait>();
  if (!sink() || !enter(loop, wait, refusal, mono_now())) co_return wait->number;
  net::Deadline deadline(loop);
  deadline.set_after_ms(kPatienceMs);
  net::Waiter waiter(loop);
  wait->waiter = &waiter;
  (void)co_await waiter.gone(client).until(deadline);
  wait->waiter = nullptr;
  co_return wait->number;
}

void Questions::remember(const std::string& fingerprint, const std::string& number) {
  if (!known_.contains(fingerprint)) order_.push_back(fingerprint);
  known_[fingerprint] = {number, mono_now() + kRememberedNs};
  while (order_.size() > kMostRemembered) {
    known_.erase(order_.front());
    order_.pop_front();
  }
}

void Questions::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    under_way_ = std::move(waiting_.front());
    waiting_.pop_front();
    const auto asked = under_way_;
    auto* const sink = sink_.load(std::memory_order_relaxed);
    lock.unlock();
    Result<std::string> number =
        sink ? sink->question_for(asked->refusal) : fail(Code::unavailable, "there is no desk");
    if (!number) log::warn("a refusal has no question: " + number.error().text());
    lock.lock();
    under_way_ = nullptr;
    if (number) remember(asked->refusal.fingerprint, *number);
    for (const auto& tell : asked->told) tell(number ? *number : std::string());
    idle_.notify_all();
  }
}

}  // namespace ostiary::gateway

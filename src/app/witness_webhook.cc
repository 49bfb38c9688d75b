// Checkpoints as POST requests.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <thread>

#include "app/impl/witness_kinds.h"
#include "net/http_caller.h"

namespace ostiary::app {

namespace {

constexpr std::chrono::milliseconds kLook(50);  // how soon a nearer `until` is noticed

// Gives a call up when `until` has come.
class Guard {
 public:
  Guard(net::HttpCaller& caller, const std::atomic<MonoNs>& until)
      : caller_(caller), until_(until), thread_([this] { run(); }) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!over_ && mono_now() < until_) wake_.wait_for(lock, kLook);
    if (!over_) caller_.cancel();
  }
  net::HttpCaller& caller_;
  const std::atomic<MonoNs>& until_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace

Result<> give_to_webhook(const WitnessSettings& witness, std::string_view note,
                         const std::atomic<MonoNs>& until) {
  const auto too_late = [] { return fail(Code::timeout, "it did not answer in time"); };
  const MonoNs left = until - mono_now();
  if (left <= 0) return too_late();
  net::HttpCaller::Settings settings;
  TRY(settings.url, net::parse_url(witness.target));
  settings.ca_file = witness.ca_file;
  settings.timeout_ms = static_cast<std::uint64_t>(left / 1'000'000 + 1);
  settings.read_body = false;
  TRY(const auto caller, net::HttpCaller::create(std::move(settings)));
  const Guard guard(*caller, until);
  auto answer = caller->post("Content-Type: text/plain; charset=utf-8\r\n", note);
  if (!answer && (answer.error().code == Code::timeout || mono_now() >= until)) return too_late();
  if (!answer) {
    answer.error().where.clear();  // the courier says whom it is about
    return std::unexpected(answer.error());
  }
  if (answer->status >= 300)
    return fail(Code::denied, fmt::format("it answered {} {}", answer->status, net::reason(answer->status)));
  return {};
}

}  // namespace ostiary::app

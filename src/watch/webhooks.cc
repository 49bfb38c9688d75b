#include "watch/webhooks.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <pthread.h>
#include <random>
#include <signal.h>
#include <thread>

#include "base/id.h"
#include "base/log.h"
#include "json/writer.h"
#include "net/http_caller.h"
#include "watch/retry.h"

namespace ostiary::watch {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kLookAgainMs = 60'000;  // where nothing waits, or the store fails

std::string new_id() {
  return "msg_" + Id::make().text();
}

store::HookEvent tell_gap(const store::HookGap& gap) {
  Event event{.type = "webhook.gap", .data = {}, .at = wall_now()};
  json::Writer w(event.data);
  w.begin_object();
  w.member("events", gap.events);
  w.member("first", rfc3339(gap.first));
  w.member("last", rfc3339(gap.last));
  w.end_object();
  return {.id = new_id(), .type = event.type, .body = body_of(event), .at = event.at};
}

Result<> check(const Event& event) {
  if (!find_event_kind(event.type))
    return fail(Code::invalid, fmt::format("there is no event '{}'", event.type));
  if (event.data.size() > kMostData)
    return fail(Code::too_large,
                fmt::format("it holds {} bytes, at most {} are told", event.data.size(), kMostData));
  return {};
}

// Too slow, too early and too much (RFC 9110 section 15.5.9, RFC 8470, RFC 6585) are of the moment.
bool refuses(int status) {
  return status >= 400 && status <= 499 && status != 408 && status != 425 && status != 429;
}

std::thread quiet_thread(const char* name, std::function<void()> run) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the program's
  std::thread thread(std::move(run));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace

// Delivers to one hook.
class Webhooks::Courier {
 public:
  Courier(HookSettings settings, store::HookQueue& queue)
      : settings_(std::move(settings)), queue_(queue), thread_(quiet_thread("webhook", [this] { run(); })) {}
  ~Courier() {
    ask_to_end();
    thread_.join();
  }
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  const HookSettings& settings() const { return settings_; }
  void wake() {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    wake_.notify_one();
  }
  void ask_to_end() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      if (caller_) caller_->cancel();
    }
    wake_.notify_one();
  }
  void tell(HookState& state) const {
    const std::lock_guard lock(mutex_);
    state.delivered = delivered_, state.failed = failed_, state.attempts = attempts_, state.error = error_;
  }

 private:
  struct Attempt {
    Result<> done;
    std::string retry_after;
    bool refused = false;  // the same would be answered to the same event later
  };
  void run();
  bool begin();
  std::uint64_t work_once();
  Attempt attempt(const store::HookEntry& entry);
  std::uint64_t after_failure(const store::HookEntry& entry, const Attempt& failed);
  void note(const Result<>& done, std::uint32_t attempts);
  bool ending() const {
    const std::lock_guard lock(mutex_);
    return ending_;
  }
  // The queue's failure, told once until it is over.
  std::uint64_t queue_fails(const Error& error);

  const HookSettings settings_;
  store::HookQueue& queue_;
  mutable std::mutex mutex_;  // guards what follows, up to the thread's own
  std::condition_variable wake_;
  bool ending_ = false, woken_ = false;
  std::shared_ptr<net::HttpCaller> caller_;
  std::uint64_t delivered_ = 0, failed_ = 0;
  std::uint32_t attempts_ = 0;
  std::string error_;
  // Of the thread alone.
  bool queue_failed_ = false;
  std::int64_t refused_ = 0;  // the entry that the receiver refused last, and how often one after the other
  std::uint32_t refusals_ = 0;
  std::minstd_rand chance_{std::random_device{}()};
  std::thread thread_;
};

// False: it is to end, or there is nobody to call with.
bool Webhooks::Courier::begin() {
  const std::lock_guard lock(mutex_);
  if (ending_) return false;
  if (caller_) return true;
  auto made = net::HttpCaller::create({.url = settings_.url,
                                       .ca_file = settings_.ca_file,
                                       .timeout_ms = settings_.timeout_ms,
                                       .read_body = false});
  if (made)
    caller_ = std::move(*made);
  else
    error_ = made.error().text();
  return caller_ != nullptr;
}

Webhooks::Courier::Attempt Webhooks::Courier::attempt(const store::HookEntry& entry) {
  if (!begin()) return {fail(Code::unavailable, "no connection can be made"), {}};
  const auto seconds = wall_now() / 1000;
  const auto& event = entry.event;
  const auto headers = fmt::format(
      "Content-Type: application/json\r\nwebhook-id: {}\r\nwebhook-timestamp: {}\r\n"
      "webhook-signature: {}\r\n",
      event.id, seconds, signature_header(settings_.secrets, event.id, seconds, event.body));
  const auto answer = caller_->post(headers, event.body);
  if (!answer) return {fail(answer.error().code, answer.error().message), {}};
  if (answer->status < 200 || answer->status > 299)
    return {fail(Code::denied, fmt::format("it answered {} {}", answer->status, net::reason(answer->status))),
            answer->retry_after, refuses(answer->status)};
  return {};
}

// Once when it begins to fail, once when that is over.
void Webhooks::Courier::note(const Result<>& done, std::uint32_t attempts) {
  bool failed_before = false;
  {
    const std::lock_guard lock(mutex_);
    failed_before = !error_.empty();
    ++(done ? delivered_ : failed_);
    attempts_ = done ? 0 : attempts;
    error_ = done ? "" : done.error().text();
  }
  if (!done && !failed_before)
    log::warn(fmt::format("webhook {}: an event cannot be delivered: {}; it is tried again", settings_.name,
                          done.error().text()));
  if (done && failed_before) log::info(fmt::format("webhook {}: events are delivered again", settings_.name));
}

std::uint64_t Webhooks::Courier::queue_fails(const Error& error) {
  if (!std::exchange(queue_failed_, true))
    log::error(fmt::format("webhook {}: the events that wait cannot be read or kept: {}", settings_.name,
                           error.text()));
  return pause_ms(1, static_cast<std::uint32_t>(chance_()));
}

std::uint64_t Webhooks::Courier::after_failure(const store::HookEntry& entry, const Attempt& failed) {
  const auto& error = failed.done.error();
  note(failed.done, entry.attempts + 1);
  const auto before = refused_ == entry.number ? refusals_ : 0;
  refused_ = entry.number;
  refusals_ = failed.refused ? before + 1 : 0;
  const auto now = wall_now();
  if (refusals_ >= settings_.most_refusals ||
      now - entry.since >= static_cast<WallMs>(settings_.give_up_ms)) {
    refusals_ = 0;
    log::error(fmt::format("webhook {}: the event {} ({}) is given up after {} attempts: {}", settings_.name,
                           entry.event.id, entry.event.type, entry.attempts + 1, error.text()));
    const auto given_up = queue_.give_up(entry.number, error.text(), now);
    return given_up ? 0 : queue_fails(given_up.error());
  }
  if (const auto kept = queue_.failed(entry.number, error.text()); !kept) return queue_fails(kept.error());
  return pause_ms(entry.attempts + 1, static_cast<std::uint32_t>(chance_()), failed.retry_after);
}

// Tries the first event that waits; how long to rest then, in milliseconds.
std::uint64_t Webhooks::Courier::work_once() {
  const auto entry = queue_.next(settings_.name);
  if (!entry) return queue_fails(entry.error());
  queue_failed_ = false;
  if (!*entry) return kLookAgainMs;
  const auto tried = attempt(**entry);
  if (ending()) {  // what was ended from here says nothing of the receiver
    if (tried.done) (void)queue_.taken((*entry)->number);
    return 0;
  }
  if (!tried.done) return after_failure(**entry, tried);
  note(tried.done, 0);
  refusals_ = 0;
  // Where this fails it is delivered once more.
  if (const auto taken = queue_.taken((*entry)->number); !taken) return queue_fails(taken.error());
  return 0;
}

void Webhooks::Courier::run() {
  bool failing = false;
  for (;;) {
    const auto pause = ending() ? 0 : work_once();
    {
      const std::lock_guard lock(mutex_);
      failing = !error_.empty() || queue_failed_;
    }
    std::unique_lock lock(mutex_);
    if (ending_) return;
    // An event that is put in wakes who has nothing to do, and not who waits for its receiver.
    if (pause > 0) wake_.wait_for(lock, milliseconds(pause), [&] { return ending_ || (woken_ && !failing); });
    if (ending_) return;
    woken_ = false;
  }
}

struct Webhooks::Impl {
  std::mutex mutex;  // guards what follows
  std::vector<std::unique_ptr<Courier>> couriers;
};

Webhooks::Webhooks(std::unique_ptr<store::HookQueue> queue)
    : queue_(std::move(queue)), impl_(std::make_unique<Impl>()) {}

Webhooks::~Webhooks() {
  stop();
}

void Webhooks::stop() {
  replace({});
}

void Webhooks::replace(std::vector<HookSettings> hooks) {
  std::vector<std::unique_ptr<Courier>> before;
  const std::lock_guard lock(impl_->mutex);
  before.swap(impl_->couriers);
  for (const auto& courier : before) courier->ask_to_end();  // all at once, then each is waited for
  before.clear();
  for (auto& hook : hooks) impl_->couriers.push_back(std::make_unique<Courier>(std::move(hook), *queue_));
}

bool Webhooks::has(std::string_view hook) {
  const std::lock_guard lock(impl_->mutex);
  return std::ranges::any_of(impl_->couriers,
                             [&](const auto& courier) { return courier->settings().name == hook; });
}

bool Webhooks::none() {
  const std::lock_guard lock(impl_->mutex);
  return impl_->couriers.empty();
}

Result<> Webhooks::put(std::span<const Event> events) {
  return put_all(nullptr, events);
}

Result<> Webhooks::put_from(const store::HookPosition& read, std::span<const Event> events) {
  return put_all(&read, events);
}

Result<> Webhooks::put_all(const store::HookPosition* read, std::span<const Event> events) {
  std::vector<store::HookItem> items;
  const std::lock_guard lock(impl_->mutex);
  for (const auto& event : events) {
    if (const auto good = check(event); !good) {
      if (!read) return good;
      // A source that cannot tell of one event is not to stand still before it for good.
      log::error(fmt::format("webhooks: the event {} ({}) is skipped: {}", event.id, event.type,
                             good.error().message));
      continue;
    }
    const store::HookEvent told{.id = event.id.empty() ? new_id() : event.id,
                                .type = event.type,
                                .body = body_of(event),
                                .at = event.at};
    const auto before = items.size();
    for (const auto& courier : impl_->couriers) {
      const auto& hook = courier->settings();
      const bool wanted = event.hook.empty() ? std::ranges::find(hook.events, event.type) != hook.events.end()
                                             : event.hook == hook.name;
      if (wanted) items.push_back({hook.name, told});
    }
    if (!event.hook.empty() && items.size() == before)
      return fail(Code::not_found, fmt::format("there is no webhook '{}'", event.hook));
  }
  if (items.empty() && !read) return {};
  TRY_VOID(queue_->add(items, read));
  for (const auto& courier : impl_->couriers)
    if (std::ranges::find(items, courier->settings().name, &store::HookItem::hook) != items.end())
      courier->wake();
  return {};
}

Result<std::vector<HookState>> Webhooks::states() {
  TRY(const auto counts, queue_->counts());
  std::vector<HookState> states;
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& courier : impl_->couriers) {
      HookState state;
      state.name = courier->settings().name;
      state.origin =
          (courier->settings().url.tls ? "https://" : "http://") + courier->settings().url.authority();
      courier->tell(state);
      states.push_back(std::move(state));
    }
  }
  for (const auto& count : counts) {
    auto found = std::ranges::find(states, count.hook, &HookState::name);
    if (found == states.end()) {
      states.push_back({.name = count.hook, .origin = {}, .oldest = {}, .error = {}});
      found = states.end() - 1;
    }
    found->waiting = count.waiting, found->dead = count.dead, found->missed = count.missed;
    found->oldest = count.oldest;
  }
  std::ranges::sort(states, {}, &HookState::name);
  return states;
}

Result<std::vector<store::HookEntry>> Webhooks::dead(std::string_view hook, std::int64_t after,
                                                     std::size_t most) {
  TRY(auto all, queue_->dead(hook, after, most));
  if (all.empty() && !has(hook)) return fail(Code::not_found, fmt::format("there is no webhook '{}'", hook));
  return all;
}

Result<> Webhooks::revive(std::string_view hook, std::string_view id) {
  TRY_VOID(queue_->revive(hook, id, wall_now()));
  const std::lock_guard lock(impl_->mutex);
  for (const auto& courier : impl_->couriers)
    if (courier->settings().name == hook) courier->wake();
  return {};
}

Result<> Webhooks::forget(std::string_view hook, std::string_view id) {
  return queue_->forget(hook, id);
}

Result<std::unique_ptr<store::HookQueue>> open_queue(const std::string& data_folder,
                                                     store::HookQueue::Limits limits) {
  return store::open_hook_queue(data_folder + "/store.sqlite", limits, tell_gap);
}

}  // namespace ostiary::watch

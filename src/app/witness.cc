#include "app/witness.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fmt/format.h>
#include <mutex>
#include <pthread.h>
#include <signal.h>
#include <thread>

#include "app/impl/witness_kinds.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "ledger/kept.h"
#include "net/http.h"

namespace ostiary::app {

namespace {

using std::chrono::milliseconds;

constexpr MonoNs kMs = 1'000'000;
constexpr std::uint64_t kHandOverMs = 15'000;
constexpr std::uint64_t kFirstRetryMs = 1'000, kLastRetryMs = 300'000;
constexpr std::uint64_t kMaxNote = 1U << 20;

// The size that a checkpoint tells; 0 where it is none.
std::uint64_t size_of(std::string_view note) {
  const auto lines = text::split(note, '\n');
  return lines.size() > 2 ? text::parse_uint(lines[1]).value_or(0) : 0;
}

}  // namespace

std::string WitnessSettings::name() const {
  if (kind == Kind::file) return "file " + target;
  if (kind == Kind::git) return fmt::format("git {} ({})", target, branch);
  const auto url = net::parse_url(target);
  return "webhook " + (url ? url->authority() : std::string("?"));
}

Result<> hand_over(const WitnessSettings& witness, std::string_view note, const std::atomic<MonoNs>& until) {
  if (witness.kind == WitnessSettings::Kind::file) return ledger::keep_checkpoint(witness.target, note);
  if (witness.kind == WitnessSettings::Kind::git) return give_to_git(witness, note, until);
  return give_to_webhook(witness, note, until);
}

Result<std::vector<std::string>> held_notes(const std::string& witness, const std::string& branch) {
  std::error_code unknown;
  if (std::filesystem::is_directory(witness, unknown)) return notes_in_git(witness, branch);
  return ledger::kept_checkpoints(witness);
}

namespace {

// One witness and its thread.
class Courier {
 public:
  Courier(std::string checkpoint, const WitnessSettings& settings)
      : settings(settings), checkpoint_(std::move(checkpoint)) {
    state_.name = settings.name();
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the program's
    thread_ = std::thread([this] { run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_setname_np(thread_.native_handle(), "witness");
  }
  ~Courier() {
    ask_to_end(0);
    thread_.join();
  }
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  // What is under way is given up after `ms`; until then the newest checkpoint is handed over once more.
  void ask_to_end(std::uint64_t ms) {
    {
      const std::lock_guard lock(mutex_);
      if (ending_) return;
      ending_ = true;
      last_until_ = mono_now() + static_cast<MonoNs>(ms) * kMs;
      until_ = std::min(until_.load(), last_until_);
    }
    wake_.notify_one();
  }
  WitnessState state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }

  const WitnessSettings settings;

 private:
  void run();
  bool begin();
  bool try_once();
  void tell(const Result<>& done);

  const std::string checkpoint_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool ending_ = false;
  MonoNs last_until_ = 0;
  WitnessState state_;
  std::atomic<MonoNs> until_ = 0;  // when the hand-over under way is given up
  std::string given_;              // the note that it has; only the thread's
  std::thread thread_;
};

// True unless there was something to hand over that could not be.
bool Courier::try_once() {
  const auto note = read_file(checkpoint_, kMaxNote);
  if (!note) return note.error().code == Code::not_found;  // the ledger has told of it
  if (*note == given_) return true;
  const auto done = hand_over(settings, *note, until_);
  tell(done);
  const std::lock_guard lock(mutex_);
  if (!done) {
    ++state_.failed;
    state_.error = done.error().text();
    return false;
  }
  ++state_.delivered;
  state_.error.clear();
  state_.size = size_of(*note);
  state_.at = wall_now();
  given_ = *note;
  return true;
}

// Once when it begins to fail, once when it is over.
void Courier::tell(const Result<>& done) {
  bool failed_before = false;
  {
    const std::lock_guard lock(mutex_);
    failed_before = !state_.error.empty();
  }
  if (!done && !failed_before)
    log::warn(fmt::format("witness {}: the checkpoint cannot be handed over: {}; it is tried again",
                          settings.name(), done.error().text()));
  if (done && failed_before) log::info(fmt::format("witness {}: it has the checkpoint now", settings.name()));
}

// Sets the time for a hand-over; false once it is to end.
bool Courier::begin() {
  const std::lock_guard lock(mutex_);
  until_ = mono_now() + static_cast<MonoNs>(kHandOverMs) * kMs;
  return !ending_;
}

void Courier::run() {
  std::uint64_t retry = kFirstRetryMs;
  while (begin()) {
    const bool fine = try_once();
    const auto pause = fine ? settings.every_ms : retry;
    retry = fine ? kFirstRetryMs : std::min(retry * 2, kLastRetryMs);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, milliseconds(pause), [&] { return ending_; });
  }
  until_ = last_until_;
  if (mono_now() < until_) try_once();
}

}  // namespace

struct Witnesses::Impl {
  std::string checkpoint;
  mutable std::mutex mutex;
  std::vector<std::unique_ptr<Courier>> couriers;
};

Witnesses::Witnesses(std::string data_folder, const std::vector<WitnessSettings>& settings)
    : impl_(std::make_unique<Impl>()) {
  impl_->checkpoint = std::move(data_folder) + "/ledger/checkpoint";
  replace(settings);
}

Witnesses::~Witnesses() {
  finish(0);
}

void Witnesses::replace(const std::vector<WitnessSettings>& settings) {
  std::vector<std::unique_ptr<Courier>> before;
  const std::lock_guard lock(impl_->mutex);
  before.swap(impl_->couriers);
  for (const auto& courier : before) {
    if (std::ranges::find(settings, courier->settings) == settings.end()) courier->ask_to_end(0);
  }
  for (const auto& wanted : settings) {
    const auto same = std::ranges::find_if(
        before, [&](const auto& courier) { return courier && courier->settings == wanted; });
    impl_->couriers.push_back(same != before.end() ? std::move(*same)
                                                   : std::make_unique<Courier>(impl_->checkpoint, wanted));
  }
}

void Witnesses::finish(std::uint64_t ms) {
  const std::lock_guard lock(impl_->mutex);
  for (const auto& courier : impl_->couriers)
    courier->ask_to_end(ms);  // all at once, then each is waited for
  impl_->couriers.clear();
}

std::vector<WitnessState> Witnesses::states() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<WitnessState> states;
  for (const auto& courier : impl_->couriers) states.push_back(courier->state());
  return states;
}

}  // namespace ostiary::app

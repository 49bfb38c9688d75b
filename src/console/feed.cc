#include "console/impl/feed.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "base/time.h"
#include "console/impl/exchanges.h"

namespace ostiary::console {

namespace {
constexpr std::uint64_t kRecordsATurn = 10'000;
constexpr std::size_t kBytesATurn = 64 * 1024;
constexpr MonoNs kHeartbeatNs = 15'000'000'000;
constexpr auto kPause = std::chrono::milliseconds(200);
constexpr std::string_view kForbidden =
    "event: error\ndata: {\"error\":{\"code\":\"unauthorized\",\"message\":\"the key was revoked or has "
    "expired\"}}\n\n";
}  // namespace

// One subscriber. Its place belongs to the feed's thread; the rest is under the mutex.
struct Feed::Reading {
  Reading(const std::string& folder, std::uint64_t from, Wanted what, Subscriber who)
      : cursor(folder, {from, 0, 0}), wanted(std::move(what)), subscriber(std::move(who)) {}
  ledger::Cursor cursor;
  ledger::RecordReader reader;
  Wanted wanted;
  const Subscriber subscriber;
  enum class State : std::uint8_t { open, forbidden, over } state = State::open;  // of the feed's thread
  MonoNs told = mono_now();
  std::atomic<bool> gone = false;
  std::function<void(std::string)> ready;  // who waits for the next bytes
};

struct Feed::Stream final : gateway::SideStream {
  Stream(Feed& owner, std::shared_ptr<Reading> what) : feed(owner), reading(std::move(what)) {}
  ~Stream() override { reading->gone = true; }  // the feed may be gone before
  void next(std::function<void(std::string)> ready) override {
    {
      const std::lock_guard lock(feed.mutex_);
      reading->ready = std::move(ready);
    }
    feed.wake_.notify_one();
  }
  Feed& feed;
  std::shared_ptr<Reading> reading;
};

Feed::Feed(std::string data_folder, const ledger::Ledger& ledger)
    : data_folder_(std::move(data_folder)), ledger_(ledger), thread_([this] { work(); }) {}

Feed::~Feed() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Result<std::shared_ptr<gateway::SideStream>> Feed::subscribe(std::uint64_t from, Wanted wanted,
                                                             Subscriber subscriber) {
  const std::lock_guard lock(mutex_);
  std::erase_if(readings_, [](const auto& reading) { return reading->gone.load(); });
  const auto of_this_one = std::ranges::count_if(
      readings_, [&](const auto& reading) { return reading->subscriber.name == subscriber.name; });
  if (!subscriber.name.empty() && static_cast<std::size_t>(of_this_one) >= kMostOfOne)
    return fail(Code::too_large, fmt::format("this key has {} streams open; close one of them", of_this_one));
  if (readings_.size() >= kMostStreams)
    return fail(Code::unavailable, "too many streams are open; ask again later");
  auto reading = std::make_shared<Reading>(data_folder_, from, std::move(wanted), std::move(subscriber));
  readings_.push_back(reading);
  return std::make_shared<Stream>(*this, std::move(reading));
}

void Feed::tell(Reading& reading, std::string bytes) {
  reading.told = mono_now();
  std::function<void(std::string)> ready;
  {
    const std::lock_guard lock(mutex_);
    ready.swap(reading.ready);
  }
  if (ready) ready(std::move(bytes));
}

// Reads on for one who waits. True: there may be more at once.
bool Feed::serve(Reading& reading) {
  using State = Reading::State;
  if (reading.state == State::open && !reading.subscriber.may_read()) reading.state = State::forbidden;
  if (reading.state != State::open) {
    tell(reading, std::exchange(reading.state, State::over) == State::forbidden ? std::string(kForbidden)
                                                                                : std::string());
    return false;
  }
  std::string out;
  const auto before = reading.cursor.place().index;
  const auto size = ledger_.size();
  const auto take = [&](std::uint64_t index, std::string_view line) {
    ledger::RecordView view;
    if (!reading.reader.read(line, view) || view.kind != ledger::RecordView::Kind::outcome) return;
    if (!reading.wanted(view)) return;
    out += "id: " + std::to_string(index) + "\nevent: exchange\ndata: ";
    append_exchange(out, view);
    out += "\n\n";
  };
  bool more = before < size;
  while (more && out.size() < kBytesATurn && reading.cursor.place().index < before + kRecordsATurn) {
    const auto read = reading.cursor.read(size, 256, take);
    if (!read || *read == 0) break;
    more = reading.cursor.place().index < size;
  }
  if (out.empty() && mono_now() - reading.told >= kHeartbeatNs) out = ": still here\n\n";
  if (out.empty()) return more && reading.cursor.place().index > before;
  tell(reading, std::move(out));
  return false;
}

void Feed::work() {
  std::unique_lock lock(mutex_);
  bool more = false;
  while (!ending_) {
    std::erase_if(readings_, [](const auto& reading) { return reading->gone.load(); });
    if (readings_.empty())
      wake_.wait(lock, [this] { return ending_ || !readings_.empty(); });
    else if (!more)
      wake_.wait_for(lock, kPause);
    if (ending_) return;
    std::vector<std::shared_ptr<Reading>> waiting;
    for (const auto& reading : readings_)
      if (reading->ready && !reading->gone) waiting.push_back(reading);
    lock.unlock();
    more = false;
    for (const auto& reading : waiting) more |= serve(*reading);
    waiting.clear();
    lock.lock();
  }
}

}  // namespace ostiary::console

#include "app/replay_ledger.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "app/past_facts.h"
#include "json/document.h"
#include "ledger/export.h"

namespace ostiary::app {

namespace {

constexpr std::size_t kBlock = 1U << 18;  // bytes of lines that a thread takes at once
constexpr std::size_t kMostWaiting = 16;  // blocks
constexpr unsigned kMostThreads = 16;

// Blocks of lines on their way from who reads the ledger to those who decide.
class Blocks {
 public:
  void put(std::string block) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return waiting_.size() < kMostWaiting; });
    waiting_.push_back(std::move(block));
    some_.notify_one();
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    some_.notify_all();
  }
  // False: nothing comes any more.
  bool take(std::string& block) {
    std::unique_lock lock(mutex_);
    some_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return false;
    block = std::move(waiting_.front());
    waiting_.pop_front();
    room_.notify_one();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable some_, room_;
  std::deque<std::string> waiting_;
  bool ended_ = false;
};

// What a document reads, and what tells whether another service offers what was asked for.
std::vector<std::string_view> read_for(const policy::Policy& candidate) {
  auto names = candidate.wants();
  names.insert(names.end(), {"target.endpoint", "target.model", "target.service"});
  return names;
}

// What one thread decides.
class Worker {
 public:
  Worker(const policy::Policy& candidate, const policy::Replay::AtService& at_service)
      : replay_(candidate, at_service), reader_(read_for(candidate)) {}

  void run(Blocks& blocks) {
    for (std::string block; blocks.take(block);) {
      std::string_view rest = block;
      while (!rest.empty()) {
        const auto end = rest.find('\n');
        take(rest.substr(0, end));
        rest.remove_prefix(end + 1);
      }
    }
  }
  void add_to(Replayed& all) const {
    all.replay.merge(replay_);
    all.undecided += undecided_;
    all.unread += unread_;
  }

 private:
  void take(std::string_view line) {
    // The ledger's own lines: whether a name stands twice in one was looked at when it was written.
    if (!json::Document::parse_into(line, {.refuse_duplicates = false}, document_)) {
      ++unread_;
      return;
    }
    policy::Past past;
    if (reader_.read(document_.root(), past, facts_))
      replay_.take(past, facts_);
    else
      ++undecided_;
  }

  policy::Replay replay_;
  PastFacts reader_;
  json::Document document_;
  policy::Facts facts_;
  std::uint64_t undecided_ = 0, unread_ = 0;
};

}  // namespace

Result<Replayed> replay_ledger(const std::string& data_folder, const policy::Policy& candidate,
                               policy::Replay::AtService at_service, std::optional<WallMs> since,
                               std::optional<WallMs> until,
                               const std::function<void(std::uint64_t done, std::uint64_t all)>& progress) {
  const auto count = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
  std::deque<Worker> workers;
  for (unsigned i = 0; i < count; ++i) workers.emplace_back(candidate, at_service);
  Blocks blocks;
  Result<ledger::Exported> read;
  {
    std::vector<std::jthread> threads;
    for (auto& worker : workers) threads.emplace_back([&blocks, &worker] { worker.run(blocks); });
    ledger::RecordFilter filter;
    filter.kind = "outcome";
    filter.since = since;
    filter.until = until;
    std::string block;
    read = ledger::export_records(
        data_folder, filter,
        [&](std::string_view line) -> Result<> {
          block.append(line).push_back('\n');
          if (block.size() >= kBlock) blocks.put(std::exchange(block, {}));
          return {};
        },
        progress);
    if (!block.empty()) blocks.put(std::move(block));
    blocks.end();
  }
  if (!read) return std::unexpected(read.error());
  Replayed out{policy::Replay(candidate), read->read, 0, 0, read->removed};
  for (const auto& worker : workers) worker.add_to(out);
  return out;
}

}  // namespace ostiary::app

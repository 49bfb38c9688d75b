#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/errors.h"
#include "net/loop.h"
#include "net/task.h"

namespace ostiary::gateway {

// Threads for work of an exchange that takes longer than about a millisecond, such as inspecting a large
// body. Its loop serves others meanwhile. The exchange stays its loop's: its coroutine is suspended for as
// long as the work may touch it.
//
// Work waits by caller. Next comes a caller who has the least under way, of those who was served longest ago;
// nobody has all threads. Thread-safe.
class LongWork {
 public:
  struct Settings {
    unsigned threads = 0;                // 0: one a processor, from 2 to 8
    std::size_t most_waiting = 64;       // pieces of work
    std::uint64_t patience_ms = 30'000;  // that one waits for a thread
  };
  // Must end soon after the token says so, and must not throw but std::bad_alloc.
  using Job = std::function<void(const std::stop_token&)>;
  enum class End : std::uint8_t {
    done,
    busy,   // it never began: too much waits already, or it waited too long
    gone,   // the client left or the loop stops; the work has ended or never began
    failed  // there was not enough memory for it
  };

  LongWork() : LongWork(Settings{}) {}
  explicit LongWork(Settings settings);
  ~LongWork();  // nobody waits any more
  LongWork(const LongWork&) = delete;
  LongWork& operator=(const LongWork&) = delete;

  // To be awaited on the loop's thread. `client` (may be null) is watched for leaving.
  net::Task<End> run(net::Loop& loop, net::Watch* client, std::string caller, Job job);

  std::size_t waiting() const;  // pieces of work that have no thread yet

 private:
  struct Piece;
  struct Line {  // of one caller
    std::deque<std::shared_ptr<Piece>> waiting;
    unsigned running = 0;
    std::uint64_t served = 0;  // when its last piece began, in pieces
  };
  bool enter(const std::shared_ptr<Piece>& piece);
  bool withdraw(const Piece& piece);
  void wait_for_end(const Piece& piece);
  void start_threads();
  std::shared_ptr<Piece> next();
  void work();
  void perform(Piece& piece);

  Settings settings_;
  mutable std::mutex mutex_;
  std::condition_variable wake_, ended_;
  std::map<std::string, Line> lines_;
  std::size_t waiting_ = 0;
  std::uint64_t begun_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

// What a client is told whose request was not looked at: busy or failed.
GateError not_looked_at(LongWork::End end);

}  // namespace ostiary::gateway

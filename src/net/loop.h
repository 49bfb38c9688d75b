#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "base/time.h"
#include "net/task.h"

namespace ostiary::net {

class Loop;
class Waiter;

// Why a wait ended.
enum class Wake : std::uint8_t {
  ready,     // the descriptor can be read or written, or whoever holds the Waiter said so
  timeout,   // the deadline passed
  gone,      // the watched peer left
  cancelled  // the loop is stopping
};

// A descriptor registered with a loop, once, edge-triggered. The flags say what is known about it; whoever
// reads or writes until "would block" clears them. At most one coroutine waits for each of the three things
// at a time.
struct Watch {
  int fd = -1;
  bool readable = false;
  bool writable = false;
  bool gone = false;       // the peer closed its writing side or the connection failed
  bool yields = false;     // has had its share of this turn: readable again in the next
  std::uint32_t turn = 0;  // of which `taken` counts the bytes read
  std::size_t taken = 0;
  Waiter* reader = nullptr;
  Waiter* writer = nullptr;
  Waiter* watcher = nullptr;  // wants to know about `gone` only
};

// A point in time that can be moved at no cost: the loop looks again only when the earliest one it was told
// is reached. Once passed it stays passed: every later wait ends at once with `timeout`, until it is set anew
// or cleared.
class Deadline {
 public:
  explicit Deadline(Loop& loop) : loop_(loop) {}
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  void set(MonoNs at);                  // absolute
  void set_after_ms(std::uint64_t ms);  // from the loop's now
  void clear() { at_ = 0; }
  MonoNs at() const { return at_; }

 private:
  friend class Loop;
  friend class Waiter;
  Loop& loop_;
  MonoNs at_ = 0;         // 0: none
  MonoNs scheduled_ = 0;  // the place in the loop's heap
  std::int32_t slot_ = -1;
  Waiter* waiter_ = nullptr;
};

// What a coroutine suspends on: any of a readable or writable descriptor, a peer that leaves, a deadline, or
// fire(). Lives in the coroutine's frame:
//   Waiter wait(loop); wait.read(a).gone(b).until(deadline); Wake why = co_await wait;
class Waiter {
 public:
  explicit Waiter(Loop& loop) : loop_(loop) {}
  ~Waiter() { disarm(); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Waiter& read(Watch* watch);
  Waiter& write(Watch* watch);
  Waiter& gone(Watch* watch);
  Waiter& until(Deadline& deadline);
  // Nothing is under way while this waits: Loop::end_rest() ends it with Wake::cancelled.
  Waiter& resting() { return resting_ = true, *this; }

  // Ends the wait (from the loop's thread). Does nothing when it has ended or not begun.
  void fire(Wake why);

  bool await_ready();
  void await_suspend(std::coroutine_handle<> handle);
  Wake await_resume() { return disarm(), why_; }

 private:
  friend class Loop;
  friend class Deadline;
  void disarm();
  Loop& loop_;
  std::coroutine_handle<> handle_;
  Watch* read_ = nullptr;
  Watch* write_ = nullptr;
  Watch* gone_ = nullptr;
  Deadline* deadline_ = nullptr;
  Waiter* previous_ = nullptr;  // in the loop's list of suspended waiters
  Waiter* next_ = nullptr;
  bool suspended_ = false;
  bool resting_ = false;
  Wake why_ = Wake::cancelled;
};

// Posts to a loop from a thread that may outlive it.
class Remote {
 public:
  void post(std::function<void()> work);  // dropped when the loop is gone

 private:
  friend class Loop;
  std::mutex mutex_;
  Loop* loop_ = nullptr;
};

// A single-threaded event loop over epoll. One thread runs it; only post() and stop() may be called from
// others.
//
// A turn: wait for events, resume what they made ready, call the turn-end hook (the gate's ledger batch),
// resume what that made ready. So all intents of a turn are written at once and none waits for a timer.
class Loop {
 public:
  static Result<std::unique_ptr<Loop>> create();
  ~Loop();

  void run();                             // until stop()
  void stop();                            // thread-safe: cancels every waiter, then run() returns
  void post(std::function<void()> work);  // thread-safe
  std::shared_ptr<Remote> remote() { return remote_; }
  // `hook` writes what a turn left to write, and says whether there was anything; the loop never sleeps
  // before it says no.
  void on_turn_end(std::function<bool()> hook) { turn_end_ = std::move(hook); }
  // Calls the turn-end hook as soon as what runs now suspends, not only at the turn's end.
  void hurry() { hurried_ = true; }
  MonoNs now() const { return now_; }  // monotonic, read once a turn
  bool stopping() const { return stopping_; }
  void end_rest();  // from the loop's thread

  // Registers a non-blocking descriptor. The watch stays valid until remove(), and its memory until the
  // turn's end.
  Result<Watch*> add(int fd);
  void remove(Watch* watch);  // does not close the descriptor
  void ready(std::coroutine_handle<> handle) { ready_.push_back(handle); }

  // Counts bytes read from a descriptor. One whose peer sends as fast as it is read may not keep the others
  // waiting: once it has had kShareBytes in a turn, had_share() is true and waiting for it lasts until the
  // next turn.
  static constexpr std::size_t kShareBytes = 512 * 1024;
  void took(Watch& watch, std::size_t bytes);
  bool had_share(Watch& watch);

  // Waits for leave to do about a millisecond's work, such as a handshake's arithmetic: one piece is done in
  // each turn, first come, first served, and everything else goes on in between. `ready`: now, before the
  // next suspension.
  Task<Wake> heavy_turn(Deadline& deadline);

  // A buffer for one read whose bytes are used or copied before the next suspension.
  static constexpr std::size_t kScratchBytes = 64 * 1024;
  char* scratch() { return scratch_.get(); }

 private:
  friend class Deadline;
  friend class Waiter;
  Loop() = default;
  void turn();
  void dispatch(Watch& watch, std::uint32_t events);
  void begin_turn();
  void run_ready();
  void end_turn();
  void run_posted();
  void run_timers();
  int wait_ms() const;
  void schedule(Deadline& deadline);
  void unschedule(Deadline& deadline);
  void sift(std::size_t slot);
  void place(std::size_t slot, Deadline* deadline);

  Fd epoll_, wake_;
  std::shared_ptr<Remote> remote_;
  MonoNs now_ = 0;
  bool stopping_ = false;
  bool unsettled_ = false;  // the last turn may have left something to write
  std::atomic<bool> stop_asked_{false};
  std::unique_ptr<char[]> scratch_;
  std::vector<std::coroutine_handle<>> ready_, spare_list_;
  bool hurried_ = false;
  std::vector<Deadline*> timers_;  // binary heap by scheduled_
  std::vector<Watch*> yielded_;
  std::uint32_t turn_ = 1;
  std::uint32_t heavy_done_ = 0;  // the turn of the last piece of heavy work
  std::deque<Waiter*> heavy_;     // who waits to do some
  std::vector<std::unique_ptr<Watch>> graveyard_, spare_;
  Waiter* suspended_ = nullptr;
  std::function<bool()> turn_end_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  std::atomic<bool> has_posted_{false};
};

}  // namespace ostiary::net

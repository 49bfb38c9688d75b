#include "net/loop.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace ostiary::net {

Deadline::~Deadline() {
  if (slot_ >= 0) loop_.unschedule(*this);
  if (waiter_) waiter_->deadline_ = nullptr;
}

void Deadline::set(MonoNs at) {
  at_ = at;
  if (slot_ < 0 || at < scheduled_) loop_.schedule(*this);
}

void Deadline::set_after_ms(std::uint64_t ms) {
  set(loop_.now() + static_cast<MonoNs>(ms) * 1'000'000);
}

Waiter& Waiter::read(Watch* watch) {
  read_ = watch;
  return *this;
}
Waiter& Waiter::write(Watch* watch) {
  write_ = watch;
  return *this;
}
Waiter& Waiter::gone(Watch* watch) {
  gone_ = watch;
  return *this;
}
Waiter& Waiter::until(Deadline& deadline) {
  deadline_ = &deadline;
  return *this;
}

bool Waiter::await_ready() {
  if (loop_.stopping())
    why_ = Wake::cancelled;
  else if (gone_ && gone_->gone)
    why_ = Wake::gone;
  else if ((read_ && (read_->readable || read_->gone) && !read_->yields) || (write_ && write_->writable))
    why_ = Wake::ready;
  else if (deadline_ && deadline_->at_ != 0 && deadline_->at_ <= loop_.now())
    why_ = Wake::timeout;
  else
    return false;
  return true;
}

void Waiter::await_suspend(std::coroutine_handle<> handle) {
  assert((!read_ || !read_->reader) && (!write_ || !write_->writer) && (!gone_ || !gone_->watcher));
  handle_ = handle;
  suspended_ = true;
  if (read_) read_->reader = this;
  if (write_) write_->writer = this;
  if (gone_) gone_->watcher = this;
  if (deadline_) deadline_->waiter_ = this;
  previous_ = nullptr;
  next_ = loop_.suspended_;
  if (next_) next_->previous_ = this;
  loop_.suspended_ = this;
}

// Touches watches and the deadline only while suspended: afterwards they may be gone before the waiter is.
void Waiter::disarm() {
  if (!suspended_) return;
  if (read_ && read_->reader == this) read_->reader = nullptr;
  if (write_ && write_->writer == this) write_->writer = nullptr;
  if (gone_ && gone_->watcher == this) gone_->watcher = nullptr;
  if (deadline_ && deadline_->waiter_ == this) deadline_->waiter_ = nullptr;
  if (previous_)
    previous_->next_ = next_;
  else
    loop_.suspended_ = next_;
  if (next_) next_->previous_ = previous_;
  suspended_ = false;
}

void Waiter::fire(Wake why) {
  if (!suspended_) return;
  disarm();
  why_ = why;
  loop_.ready(handle_);
}

Result<std::unique_ptr<Loop>> Loop::create() {
  std::unique_ptr<Loop> loop(new Loop);
  loop->remote_ = std::make_shared<Remote>();
  loop->remote_->loop_ = loop.get();
  loop->epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!loop->epoll_) return fail_errno("create an event loop", "", errno);
  loop->wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!loop->wake_) return fail_errno("create an event loop", "", errno);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;
  if (::epoll_ctl(loop->epoll_.get(), EPOLL_CTL_ADD, loop->wake_.get(), &event) != 0)
    return fail_errno("create an event loop", "", errno);
  loop->scratch_ = std::make_unique_for_overwrite<char[]>(kScratchBytes);
  loop->now_ = mono_now();
  return loop;
}

Loop::~Loop() {
  const std::lock_guard lock(remote_->mutex_);
  remote_->loop_ = nullptr;
}

void Remote::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (loop_) loop_->post(std::move(work));
}

void Loop::stop() {
  stop_asked_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wake_.get(), &one, sizeof one);
}

void Loop::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    has_posted_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wake_.get(), &one, sizeof one);
}

Result<Watch*> Loop::add(int fd) {
  std::unique_ptr<Watch> watch;
  if (spare_.empty()) {
    watch = std::make_unique<Watch>();
  } else {
    watch = std::move(spare_.back());
    spare_.pop_back();
    *watch = Watch{};
  }
  watch->fd = fd;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = watch.get();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    return fail_errno("watch a descriptor", "", errno);
  return watch.release();
}

void Loop::remove(Watch* watch) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watch->fd, nullptr);
  watch->fd = -1;
  if (watch->yields) std::erase(yielded_, watch);
  for (Waiter* waiter : {watch->reader, watch->writer, watch->watcher})
    if (waiter) waiter->fire(Wake::gone);
  graveyard_.emplace_back(watch);
}

void Loop::dispatch(Watch& watch, std::uint32_t events) {
  if (watch.fd < 0) return;  // removed earlier in this turn
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) watch.gone = true;
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) watch.readable = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) watch.writable = true;
  if (watch.gone && watch.watcher) watch.watcher->fire(Wake::gone);
  if (watch.readable && watch.reader) watch.reader->fire(Wake::ready);
  if (watch.writable && watch.writer) watch.writer->fire(Wake::ready);
}

void Loop::took(Watch& watch, std::size_t bytes) {
  if (watch.turn != turn_) {
    watch.turn = turn_;
    watch.taken = 0;
  }
  watch.taken += bytes;
}

bool Loop::had_share(Watch& watch) {
  if (watch.turn != turn_ || watch.taken < kShareBytes) return false;
  if (!watch.yields) {
    watch.yields = true;
    yielded_.push_back(&watch);
  }
  return true;
}

Task<Wake> Loop::heavy_turn(Deadline& deadline) {
  if (heavy_done_ != turn_ && heavy_.empty()) {
    heavy_done_ = turn_;
    co_return Wake::ready;
  }
  Waiter wait(*this);
  heavy_.push_back(&wait);
  const Wake why = co_await wait.until(deadline);
  if (why != Wake::ready) std::erase(heavy_, &wait);
  co_return why;
}

// Those who had their share may go on, and one of those with heavy work.
void Loop::begin_turn() {
  ++turn_;
  if (!heavy_.empty()) {
    Waiter* first = heavy_.front();
    heavy_.pop_front();
    heavy_done_ = turn_;
    first->fire(Wake::ready);
  }
  for (Watch* watch : yielded_) {
    watch->yields = false;
    if (watch->reader) watch->reader->fire(Wake::ready);
  }
  yielded_.clear();
}

void Loop::run_ready() {
  while (!ready_.empty()) {
    std::vector<std::coroutine_handle<>> running = std::move(spare_list_);
    running.swap(ready_);
    for (const auto handle : running) {
      handle.resume();
      if (!hurried_) continue;
      hurried_ = false;
      if (turn_end_) turn_end_();
      run_ready();  // what that let go comes before the rest, while its data is near
    }
    running.clear();
    spare_list_ = std::move(running);
  }
}

void Loop::run_posted() {
  if (!has_posted_.exchange(false)) return;
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(posted_);
  }
  for (auto& f : work) f();
}

int Loop::wait_ms() const {
  if (unsettled_ || !ready_.empty() || !yielded_.empty() || !heavy_.empty() || has_posted_) return 0;
  if (timers_.empty()) return -1;
  const MonoNs left = timers_.front()->scheduled_ - now_;
  return left <= 0 ? 0 : static_cast<int>(std::min<MonoNs>(left / 1'000'000 + 1, 60'000));
}

void Loop::turn() {
  std::array<epoll_event, 256> events;
  const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
  now_ = mono_now();
  begin_turn();
  for (int i = 0; i < n; ++i) {
    if (auto* watch = static_cast<Watch*>(events[static_cast<std::size_t>(i)].data.ptr)) {
      dispatch(*watch, events[static_cast<std::size_t>(i)].events);
    } else {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
    }
  }
  run_timers();
  run_posted();
  end_turn();
  while (!graveyard_.empty()) {
    if (spare_.size() < 1024) spare_.push_back(std::move(graveyard_.back()));
    graveyard_.pop_back();
  }
}

void Loop::end_rest() {
  for (Waiter* waiter = suspended_; waiter;) {
    Waiter* next = waiter->next_;
    if (waiter->resting_) waiter->fire(Wake::cancelled);
    waiter = next;
  }
}

// What is written may make something ready, and that may leave something to write: the loop sleeps only when
// neither is left. It looks for events in between, so that a few busy connections cannot keep the others
// waiting.
void Loop::end_turn() {
  run_ready();
  for (int rounds = 0; rounds < 3; ++rounds) {
    unsettled_ = turn_end_ && turn_end_();
    if (!unsettled_) return;
    run_ready();
  }
}

void Loop::run() {
  end_turn();  // of what was begun before
  while (!stop_asked_) turn();
  stopping_ = true;
  // Every suspended coroutine learns of the end and runs to its own; what it records on the way is still
  // written.
  for (int rounds = 0; (suspended_ || !ready_.empty()) && rounds < 1000; ++rounds) {
    while (suspended_) suspended_->fire(Wake::cancelled);
    run_posted();
    end_turn();
  }
}

void Loop::place(std::size_t slot, Deadline* deadline) {
  timers_[slot] = deadline;
  deadline->slot_ = static_cast<std::int32_t>(slot);
}

// Restores the heap after the entry at `slot` changed.
void Loop::sift(std::size_t slot) {
  Deadline* moving = timers_[slot];
  while (slot > 0 && timers_[(slot - 1) / 2]->scheduled_ > moving->scheduled_) {
    place(slot, timers_[(slot - 1) / 2]);
    slot = (slot - 1) / 2;
  }
  for (;;) {
    std::size_t child = slot * 2 + 1;
    if (child >= timers_.size()) break;
    if (child + 1 < timers_.size() && timers_[child + 1]->scheduled_ < timers_[child]->scheduled_) ++child;
    if (timers_[child]->scheduled_ >= moving->scheduled_) break;
    place(slot, timers_[child]);
    slot = child;
  }
  place(slot, moving);
}

void Loop::schedule(Deadline& deadline) {
  deadline.scheduled_ = deadline.at_;
  if (deadline.slot_ < 0) {
    timers_.push_back(&deadline);
    deadline.slot_ = static_cast<std::int32_t>(timers_.size() - 1);
  }
  sift(static_cast<std::size_t>(deadline.slot_));
}

void Loop::unschedule(Deadline& deadline) {
  const auto slot = static_cast<std::size_t>(deadline.slot_);
  deadline.slot_ = -1;
  Deadline* last = timers_.back();
  timers_.pop_back();
  if (last == &deadline) return;
  place(slot, last);
  sift(slot);
}

void Loop::run_timers() {
  while (!timers_.empty() && timers_.front()->scheduled_ <= now_) {
    Deadline& deadline = *timers_.front();
    if (deadline.at_ > now_) {  // it was moved on since
      schedule(deadline);
      continue;
    }
    unschedule(deadline);
    if (deadline.at_ != 0 && deadline.waiter_) deadline.waiter_->fire(Wake::timeout);
  }
}

}  // namespace ostiary::net

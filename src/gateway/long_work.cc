#include "gateway/long_work.h"

#include <algorithm>
#include <new>
#include <sys/resource.h>
#include <unistd.h>

namespace ostiary::gateway {

namespace {
constexpr int kNice = 5;  // loops come first
}

struct LongWork::Piece {
  enum class State : std::uint8_t { waiting, running, ended };
  Piece(std::string of, Job work, std::shared_ptr<net::Remote> where)
      : caller(std::move(of)), job(std::move(work)), remote(std::move(where)) {}
  const std::string caller;
  Job job;
  const std::shared_ptr<net::Remote> remote;
  std::stop_source stop;
  State state = State::waiting;  // under LongWork::mutex_
  bool failed = false;           // before `ended`
  // Of the loop's thread alone:
  bool told = false;
  net::Waiter* waiter = nullptr;
};

LongWork::LongWork(Settings settings) : settings_(settings) {
  if (settings_.threads == 0) settings_.threads = std::clamp(std::thread::hardware_concurrency(), 2u, 8u);
}

LongWork::~LongWork() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

std::size_t LongWork::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

// Within the lock: at the first piece, as many gates never have one.
void LongWork::start_threads() {
  if (!threads_.empty()) return;
  for (unsigned i = 0; i < settings_.threads; ++i) threads_.emplace_back([this] { work(); });
}

bool LongWork::enter(const std::shared_ptr<Piece>& piece) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_ || waiting_ >= settings_.most_waiting) return false;
    start_threads();
    lines_[piece->caller].waiting.push_back(piece);
    ++waiting_;
  }
  wake_.notify_one();
  return true;
}

// True: it will never begin.
bool LongWork::withdraw(const Piece& piece) {
  const std::lock_guard lock(mutex_);
  if (piece.state != Piece::State::waiting) return false;
  const auto line = lines_.find(piece.caller);
  std::erase_if(line->second.waiting, [&](const auto& other) { return other.get() == &piece; });
  if (line->second.waiting.empty() && line->second.running == 0) lines_.erase(line);
  --waiting_;
  return true;
}

void LongWork::wait_for_end(const Piece& piece) {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return piece.state == Piece::State::ended; });
}

// Within the lock. Null: there is nothing that may begin.
std::shared_ptr<LongWork::Piece> LongWork::next() {
  const unsigned most = std::max(1u, settings_.threads - 1);
  Line* best = nullptr;
  for (auto& [caller, line] : lines_) {
    if (line.waiting.empty() || line.running >= most) continue;
    if (!best || line.running < best->running ||
        (line.running == best->running && line.served < best->served))
      best = &line;
  }
  if (!best) return nullptr;
  auto piece = std::move(best->waiting.front());
  best->waiting.pop_front();
  ++best->running;
  best->served = ++begun_;
  --waiting_;
  piece->state = Piece::State::running;
  return piece;
}

void LongWork::perform(Piece& piece) {
  try {
    piece.job(piece.stop.get_token());
  } catch (const std::bad_alloc&) {
    piece.failed = true;
  }
}

void LongWork::work() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  std::unique_lock lock(mutex_);
  for (;;) {
    std::shared_ptr<Piece> piece;
    wake_.wait(lock, [&] { return ending_ || (piece = next()); });
    if (!piece) return;
    lock.unlock();
    perform(*piece);
    lock.lock();
    piece->state = Piece::State::ended;
    const auto line = lines_.find(piece->caller);
    --line->second.running;
    if (line->second.waiting.empty() && line->second.running == 0) lines_.erase(line);
    lock.unlock();
    ended_.notify_all();
    wake_.notify_one();  // the caller's next piece may have waited for this one
    piece->remote->post([piece] {
      piece->told = true;
      if (piece->waiter) piece->waiter->fire(net::Wake::ready);
    });
    piece.reset();
    lock.lock();
  }
}

net::Task<LongWork::End> LongWork::run(net::Loop& loop, net::Watch* client, std::string caller, Job job) {
  const auto piece = std::make_shared<Piece>(std::move(caller), std::move(job), loop.remote());
  if (!enter(piece)) co_return End::busy;
  net::Deadline patience(loop);
  patience.set_after_ms(settings_.patience_ms);
  bool left = false;
  while (!piece->told) {
    net::Waiter wait(loop);
    piece->waiter = &wait;
    if (client && !left) wait.gone(client);
    const net::Wake why = co_await wait.until(patience);
    piece->waiter = nullptr;
    if (why == net::Wake::ready) break;
    if (why != net::Wake::timeout) piece->stop.request_stop();
    if (withdraw(*piece)) co_return why == net::Wake::timeout ? End::busy : End::gone;
    left |= why == net::Wake::gone;
    patience.clear();  // it is under way
    if (why != net::Wake::cancelled) continue;
    wait_for_end(*piece);  // the loop stops, and turns no more
    co_return End::gone;
  }
  if (left) co_return End::gone;
  co_return piece->failed ? End::failed : End::done;
}

GateError not_looked_at(LongWork::End end) {
  GateError error;
  error.status = 503;
  error.retry_after = "2";
  error.code = end == LongWork::End::failed ? "out_of_memory" : "inspection_busy";
  error.message = end == LongWork::End::failed
                      ? "there is not enough memory to look through this request; send a smaller one"
                      : "too many large requests wait to be looked through; send this one again in a moment";
  return error;
}

}  // namespace ostiary::gateway

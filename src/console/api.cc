#include "console/api.h"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>

#include "base/log.h"
#include "console/impl/check.h"
#include "console/impl/feed.h"
#include "console/impl/keys.h"
#include "console/impl/pool.h"
#include "console/operation.h"

namespace ostiary::console {

using gateway::SideAnswer;
using gateway::SideRequest;

namespace {

using Done = std::function<void(SideAnswer)>;

// An answer that several may give; the first one counts.
class Promise {
 public:
  explicit Promise(Done done) : done_(std::move(done)) {}
  void keep(SideAnswer answer) {
    if (!kept_.exchange(true)) done_(std::move(answer));
  }
  bool kept() const { return kept_; }

 private:
  Done done_;
  std::atomic<bool> kept_{false};
};

using Header = std::pair<std::string, std::string>;

SideAnswer finish(SideAnswer answer) {
  if (std::ranges::find(answer.headers, "Cache-Control", &Header::first) == answer.headers.end())
    answer.headers.emplace_back("Cache-Control", "no-store");
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (answer.status == 401) answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (answer.status == 503 || answer.status == 429) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

SideAnswer refused(std::uint16_t status, std::string_view code, std::string_view message,
                   std::string_view pointer = {}, std::string_view parameter = {}) {
  SideAnswer answer;
  answer.status = status;
  answer.body = error_body(code, message, pointer, parameter);
  return finish(std::move(answer));
}

SideAnswer refused(const Refusal& refusal) {
  return refused(refusal.status, refusal.code, refusal.message, refusal.pointer, refusal.parameter);
}

SideAnswer busy() {
  return refused(503, "busy", "the API has more to do than it can; ask again in a moment");
}

SideAnswer done_already() {
  return refused(409, "exists", "this is being done already; ask again when it ended");
}

SideAnswer has_its_share(std::string_view what) {
  return refused(429, "too_many", fmt::format("this key has {} under way; wait until that is done", what));
}

SideAnswer not_let_in(const Operation& operation, const Rights& rights) {
  if (!rights.known())
    return refused(401, "unauthorized", "this needs a key of the gate (ost_…) as 'Authorization: Bearer'");
  return refused(403, "forbidden", fmt::format("this needs a key with the scope {}", name(operation.need)));
}

// What the machine failed at is told to who sits at it; to others the log does.
SideAnswer failed(const Error& error, const Rights& rights, bool local) {
  switch (error.code) {
    case Code::invalid:
      return refused(400, "invalid", error.message, error.where);
    case Code::not_found:
      return refused(404, "not_found", error.message);
    case Code::exists:
      return refused(409, "exists", error.message);
    case Code::too_large:
      return refused(413, "too_large", error.message);
    case Code::denied:
      return rights.known() ? refused(403, "forbidden", error.message)
                            : refused(401, "unauthorized", error.message);
    case Code::unavailable:
    case Code::timeout:
    case Code::closed:
      return refused(503, "unavailable", error.message);
    default:
      break;
  }
  log::error("the API failed: " + error.text());
  return refused(500, "io", local ? error.text() : "the machine failed; the gate's log says at what");
}

SideAnswer answer_of(const Operation& operation, Reply reply) {
  SideAnswer answer;
  answer.status = reply.status ? reply.status : operation.status;
  answer.content_type = std::move(reply.type);
  answer.body = std::move(reply.body);
  answer.stream = std::move(reply.stream);
  answer.headers = std::move(reply.headers);
  return finish(std::move(answer));
}

}  // namespace

struct Api::Impl {
  explicit Impl(Backing& what) : backing(what) {
    if (!backing.steward || !backing.shared.ledger) return;
    feed = std::make_unique<Feed>(backing.data_folder, *backing.shared.ledger);
    backing.feed = feed.get();
  }
  ~Impl() {
    ending = true;
    backing.feed = nullptr;
  }

  // What can be said from the head alone; else nothing, and `route` is set.
  std::optional<SideAnswer> at_the_door(const SideRequest& request, Route& route) const {
    const bool guarded = !request.local && backing.steward && !backing.steward->beyond_loopback();
    if (guarded && !is_own_host(request.header("host"), backing.hosts))
      return refused(421, "wrong_host", "the request's Host is no name of this machine");
    route = find_route(request.method, request.path);
    if (!route.operation && route.allow.empty())
      return refused(404, "not_found", "there is no such path; /api/v1/openapi.json lists them");
    if (!route.operation) {
      auto answer = refused(405, "method_not_allowed", "this path takes " + route.allow);
      answer.headers.emplace_back("Allow", route.allow);
      return answer;
    }
    const Rights rights(request);
    const bool wrong_key = request.key_given && !request.caller && route.operation->need != Need::nobody;
    if (wrong_key || !rights.may(route.operation->need)) return not_let_in(*route.operation, rights);
    return std::nullopt;
  }

  using Stopped = std::function<bool()>;

  SideAnswer conduct(const SideRequest& request, const Route& route, Stopped stopped = {}) {
    Call call(request);
    const auto& operation = *route.operation;
    // A key may have ended while its request waited.
    if (call.rights.key() && !still_opens(backing, *call.rights.key()))
      return refused(401, "unauthorized", "the key was revoked or has expired");
    if (const auto refusal = check_call(operation, route, call)) return refused(*refusal);
    if (stopped) call.stopped = std::move(stopped);
    auto reply = operation.handler(backing, call);
    if (!reply) return failed(reply.error(), call.rights, request.local);
    return answer_of(operation, std::move(*reply));
  }

  // Where a request waits for its thread, and which of its caller's turns it takes (null: none).
  struct Lane {
    Pool* pool;
    Turns* turns = nullptr;
    std::string_view what = {};  // for who has no turn left
  };
  // Who can open the control socket, or whose request changes something, is not kept waiting by readers.
  // Strangers with an invitation wait with the readers, and have the turns of one reader.
  Lane lane_of(const Operation& operation, const SideRequest& request) {
    if (operation.lane == Operation::Lane::alone) return {&alone, &alone_turn, "this"};
    if (operation.lane == Operation::Lane::slow) return {&slow, &slow_turns, "one such request"};
    if (request.local) return {&urgent};
    if (operation.changes() && request.caller) return {&urgent, &urgent_turns, "as many changes as it may"};
    return {&pool, &reading_turns, "as many requests as it may"};
  }

  bool gives_up() const { return ending || (backing.steward && backing.steward->draining()); }

  Backing& backing;
  std::unique_ptr<Feed> feed;
  std::atomic<bool> ending{false};
  Turns slow_turns{1}, urgent_turns{kMostUrgent}, reading_turns{kMostReading}, alone_turn{1};
  Watchdog watchdog{kLimitMs};
  Pool pool{kThreads, kMostWaiting}, urgent{kThreads, kMostWaiting}, slow{kThreads, kMostWaiting};
  Pool alone{1, 1};
};

Api::Api(Backing& backing) : impl_(std::make_unique<Impl>(backing)) {}

Api::~Api() = default;

bool Api::serves(std::string_view path) const {
  return path.starts_with("/api/") || path == "/healthz" || path == "/readyz" || path == "/metrics" ||
         path == "/policy";
}

std::size_t Api::most_body(const SideRequest& head) const {
  Route route;
  return impl_->at_the_door(head, route) ? kMostBody : route.operation->most_body;
}

std::string Api::refusal(std::string_view code, std::string_view message) const {
  return error_body(code, message);
}

SideAnswer Api::answer(const SideRequest& request) {
  Route route;
  if (auto answer = impl_->at_the_door(request, route)) return std::move(*answer);
  return impl_->conduct(request, route);
}

bool Api::run(std::function<void()> job) {
  return impl_->pool.run(std::move(job));
}

void Api::ask(SideRequest request, std::function<void(SideAnswer)> done) {
  Route route;
  if (auto answer = impl_->at_the_door(request, route)) return done(std::move(*answer));
  const auto& operation = *route.operation;
  if (operation.lane == Operation::Lane::at_once) return done(impl_->conduct(request, route));

  const auto lane = impl_->lane_of(operation, request);
  // What is done alone has one turn for everybody.
  const bool alone = operation.lane == Operation::Lane::alone;
  const auto caller = alone ? std::string() : Rights(request).line();
  if (lane.turns && !lane.turns->take(caller)) return done(alone ? done_already() : has_its_share(lane.what));
  auto promise = std::make_shared<Promise>(std::move(done));
  const auto held = std::make_shared<SideRequest>(std::move(request));
  const auto stopped = [this, promise, held] {
    return impl_->gives_up() || promise->kept() || held->left.stop_requested();
  };
  const bool taken =
      lane.pool->run([this, promise, held, stopped, caller, turns = lane.turns, route = std::move(route)] {
        const bool wanted = !promise->kept() && !held->left.stop_requested();
        auto answer = wanted ? impl_->conduct(*held, route, stopped) : busy();
        if (turns) turns->give_back(caller);
        promise->keep(std::move(answer));
      });
  if (!taken) {
    if (lane.turns) lane.turns->give_back(caller);
    return promise->keep(busy());
  }
  if (alone) return;
  impl_->watchdog.watch([weak = std::weak_ptr(promise)] {
    if (const auto late = weak.lock())
      late->keep(refused(503, "timeout", "this took too long; ask for less, or later"));
  });
}

}  // namespace ostiary::console

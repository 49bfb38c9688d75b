#include <algorithm>

#include "gateway/balance.h"
#include "gateway/charge.h"
#include "gateway/client.h"
#include "gateway/deciding.h"
#include "gateway/headers.h"
#include "gateway/permit.h"
#include "gateway/prepare.h"
#include "gateway/relay.h"
#include "gateway/route.h"
#include "gateway/token_count.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"

namespace ostiary::gateway {

namespace {

constexpr std::size_t kPreparedAway = 1024 * 1024;  // a larger body is edited on a thread of LongWork
constexpr std::size_t kMaxErrorBody = 256 * 1024;

// How a try at a service ended.
enum class Tried : std::uint8_t {
  answered,   // the client has its answer (or left)
  again,      // nothing was delivered; the same service may be asked again
  elsewhere,  // nothing was delivered; another service may be asked
  settled     // nothing was delivered, and nobody else may be asked: `error` or the kept answer goes to the
              // client
};

// The last answer of a service that is not yet given to the client, because another may do better.
struct Kept {
  bool held = false;
  AnswerFacts answer;
  std::string body;
  const Service* service = nullptr;
  policy::Decision decision;  // for that service
  std::string decision_json;
  Digest target_digest{};
};

std::uint64_t microseconds_since(MonoNs start) {
  return static_cast<std::uint64_t>((mono_now() - start) / 1000);
}

// One try at a service, as metrics and spans see it. What is not ended by the time it goes counts as nothing.
class WatchedTry {
 public:
  WatchedTry(Worker& worker, Exchange& x, Lane& lane) : worker_(worker), x_(x), lane_(lane) {
    if (lane_.meter) lane_.meter->in_flight.add(1);
    worker_.tracer.begin_try(x_, lane_.traced_as);
  }
  ~WatchedTry() {
    if (lane_.meter) lane_.meter->in_flight.add(-1);
    if (!ended_) worker_.tracer.forget_try(x_);
  }
  WatchedTry(const WatchedTry&) = delete;
  WatchedTry& operator=(const WatchedTry&) = delete;

  void end(std::uint16_t status, std::string_view error) {
    ended_ = true;
    if (lane_.meter) lane_.meter->count_try(try_result(status, error));
    worker_.tracer.end_try(x_, status, error);
  }

 private:
  Worker& worker_;
  Exchange& x_;
  Lane& lane_;
  bool ended_ = false;
};

// Carries one exchange through decide, route, forward, examine.
class Forwarding {
 public:
  Forwarding(Worker& worker, Client& client, Exchange& x) : worker_(worker), client_(client), x_(x) {}

  net::Task<void> run();

 private:
  net::Task<bool> inspect();
  net::Task<Tried> prepare();
  net::Task<bool> decide(const Service*& target);
  bool reserve_for_limits();
  net::Task<bool> record_intent();
  net::Task<Tried> visit(const Service& target);
  net::Task<Tried> try_service();
  net::Task<Tried> try_once(bool fresh, bool& stale);
  void judge(const AnswerFacts& answer);
  Tried after_failure(const Error& error, const Upstream& upstream);
  net::Task<Tried> take_answer(Upstream& upstream);
  net::Task<Tried> take_error_answer(Upstream& upstream, AnswerFacts answer);
  Tried client_left();
  net::Task<Tried> renew_credential();
  net::Task<bool> pause(std::uint32_t attempt);
  net::Task<void> give_up();
  void fail_with(std::uint16_t status, std::string code, std::string message);
  bool repeatable() const;

  Worker& worker_;
  Client& client_;
  Exchange& x_;
  GateError error_;
  Kept kept_;
  const Service* recorded_for_ = nullptr;     // the service that the newest intent names
  std::shared_ptr<const Secret> credential_;  // that this try is sent with
  std::uint16_t status_ = 0;                  // of the service, to this try; 0: none
  bool renewed_ = false;
  Permit permit_;            // to ask the service
  Unavailable unavailable_;  // who could not be asked
};

void Forwarding::fail_with(std::uint16_t status, std::string code, std::string message) {
  error_ = {};
  error_.status = status;
  error_.code = std::move(code);
  error_.message = std::move(message);
}

// A chat completion with `store` leaves something behind at the service, like a response does.
bool Forwarding::repeatable() const {
  if (!x_.asked.endpoint.repeatable) return false;
  return !x_.asked.endpoint.has_body || x_.document.root()["store"].as_bool() != true;
}

// Decides for `target`, which becomes where the policy sends the request. False: the exchange stops here with
// error_.
net::Task<bool> Forwarding::decide(const Service*& target) {
  const bool passes = gateway::decide(worker_, x_, *target);
  target = x_.service;
  if (passes) co_return true;
  error_ = co_await refused(worker_, client_.watch(), x_);
  co_return false;
}

// settled: the exchange stops here with error_. again: it may go out.
net::Task<Tried> Forwarding::prepare() {
  x_.upstream_model = x_.service->upstream_name(x_.model).value_or(x_.model);
  Result<> prepared;
  LongWork::Job work = [&](const std::stop_token&) {
    prepared = prepare_body(x_);
    if (has_limits(x_) && !x_.input_estimate) x_.input_estimate = estimate_input(x_.document);
  };
  if (x_.body.size() < kPreparedAway) {
    prepared = prepare_body(x_);
  } else {
    const auto end = co_await worker_.shared.long_work.run(worker_.loop, client_.watch(), x_.caller.key->id,
                                                           std::move(work));
    if (end == LongWork::End::gone) co_return client_left();
    if (end != LongWork::End::done) {
      error_ = not_looked_at(end);
      x_.outcome = ledger::Outcome::refused;
      co_return Tried::settled;
    }
  }
  if (!prepared) {
    fail_with(403, "cannot_redact", prepared.error().message + ", so the request was stopped");
    x_.outcome = ledger::Outcome::refused;
    co_return Tried::settled;
  }
  name_target(x_);
  co_return Tried::again;
}

// False: the caller's limits have no room, as error_ says.
bool Forwarding::reserve_for_limits() {
  auto reached = reserve(x_);
  if (!reached) return true;
  error_ = std::move(*reached);
  x_.outcome = ledger::Outcome::refused;
  return false;
}

net::Task<bool> Forwarding::record_intent() {
  if (recorded_for_ == x_.service) co_return true;
  auto written = co_await worker_.recorder.intent(x_);
  if (written) {
    recorded_for_ = x_.service;
    if (!x_.timings.decided) x_.timings.decided = microseconds_since(x_.started);
    co_return true;
  }
  error_ = ledger_unavailable();
  co_return false;
}

Tried Forwarding::client_left() {
  x_.outcome = ledger::Outcome::cancelled;
  x_.error = "client_left";
  client_.close_after();
  return Tried::answered;
}

Tried Forwarding::after_failure(const Error& error, const Upstream& upstream) {
  if (upstream.client_left()) return client_left();
  const bool timeout = error.code == Code::timeout;
  if (error.code == Code::denied)
    fail_with(502, "service_untrusted", error.message);
  else if (timeout)
    fail_with(504, "service_timeout", error.message);
  else
    fail_with(502, "service_unreachable",
              upstream.connected()
                  ? error.message
                  : "the service '" + x_.service->id() + "' cannot be reached: " + error.message);
  if (!upstream.sent_any()) return error.code == Code::denied || timeout ? Tried::elsewhere : Tried::again;
  if (!repeatable()) return Tried::settled;
  return timeout ? Tried::elsewhere : Tried::again;
}

// What an answer's head says about the service, not about the request.
void Forwarding::judge(const AnswerFacts& answer) {
  const auto status = answer.status;
  const bool pressed = status == 429 || (status == 503 && !answer.retry_after.empty());
  if (pressed && x_.service->settings().credential.kind != CredentialSource::Kind::client)
    if (const auto ms = retry_after_ms(answer.retry_after, wall_now(),
                                       x_.service->settings().breaker.most_retry_after_ms))
      x_.service->pressure().rest(spread_hash(x_.model), mono_now() + static_cast<MonoNs>(ms) * 1'000'000);
  const bool not_done_here = status == 501 || status == 505;
  if (status >= 500 && !pressed && !not_done_here)
    permit_.failed(Failure::status, status);
  else
    permit_.answered();
}

net::Task<Tried> Forwarding::take_error_answer(Upstream& upstream, AnswerFacts answer) {
  const auto status = answer.status;
  bool cut = false;
  auto body = co_await upstream.read_all(kMaxErrorBody, cut);
  if (!body) co_return after_failure(body.error(), upstream);
  if (!cut) upstream.release();
  if (status == 401 && !renewed_)
    if (const Tried tried = co_await renew_credential(); tried != Tried::settled) co_return tried;
  json::Document document;
  if (!answer.json || cut || repeats_credential(*body, credential_->reveal()) ||
      !json::Document::parse_into(*body, {.refuse_duplicates = false}, document) ||
      !document.root().is_object()) {
    GateError plain;
    plain.status = status;
    plain.code = "service_error";
    plain.message = "the service '" + x_.service->id() + "' answered with status " + std::to_string(status) +
                    " and no readable error";
    *body = error_body(plain);
    answer.headers = "Content-Type: application/json\r\n";
    if (!answer.retry_after.empty()) answer.headers += "Retry-After: " + answer.retry_after + "\r\n";
  }
  const bool told_to_wait = !answer.retry_after.empty();
  kept_ = {true,        std::move(answer), std::move(*body), x_.service,
           x_.decision, x_.decision_json,  x_.target_digest};
  if (status == 429 || (status == 503 && told_to_wait))
    co_return Tried::elsewhere;  // it did not take the request
  if (status == 503) co_return Tried::again;
  if (status < 500 || !repeatable()) co_return Tried::settled;
  co_return status == 502 || status == 504 ? Tried::again : Tried::elsewhere;
}

net::Task<Tried> Forwarding::take_answer(Upstream& upstream) {
  x_.timings.first_byte = microseconds_since(x_.started);
  status_ = upstream.status();
  AnswerFacts answer = describe_answer(upstream.head(), credential_->reveal(), has_limits(x_));
  judge(answer);
  if (answer.status >= 300 && answer.status < 400) {
    fail_with(502, "service_redirects",
              "the service '" + x_.service->id() + "' answered with a redirect; correct its base_url");
    co_return Tried::settled;
  }
  if (answer.status >= 400) co_return co_await take_error_answer(upstream, std::move(answer));
  const auto& endpoint = x_.asked.endpoint;
  if (!answer.json && !upstream.is_event_stream() && endpoint.has_body && endpoint.name != "other") {
    fail_with(502, "service_not_json",
              "the service '" + x_.service->id() +
                  "' answered with something that is not JSON; correct its base_url");
    permit_.failed(Failure::broken);
    co_return repeatable() ? Tried::elsewhere : Tried::settled;
  }
  if (upstream.is_event_stream()) {
    co_await relay_stream(worker_, client_, x_, upstream, answer);
    if (x_.outcome == ledger::Outcome::truncated) permit_.failed(Failure::broken);
  } else if (!co_await relay_body(worker_, client_, x_, upstream, answer, error_)) {
    permit_.failed(Failure::broken);
    co_return repeatable() ? Tried::again : Tried::settled;
  }
  co_return Tried::answered;
}

net::Task<Tried> Forwarding::try_once(bool fresh, bool& stale) {
  kept_ = {};
  credential_ = x_.service->credential();
  const std::string head = request_head(x_, *credential_);
  Upstream upstream(worker_, *x_.service, client_.watch(), x_.ends_by);
  const auto asked = co_await upstream.ask(head, x_.body_to_send(), fresh);
  if (!asked) {
    // A kept connection that its peer closed just then: not the service's failure.
    stale = upstream.reused() && !upstream.answered_any() && asked.error().code == Code::io &&
            (repeatable() || !upstream.sent_any());
    if (!stale && !upstream.client_left())
      permit_.failed(!upstream.connected()                 ? Failure::unreachable
                     : asked.error().code == Code::timeout ? Failure::timeout
                                                           : Failure::broken);
    co_return after_failure(asked.error(), upstream);
  }
  co_return co_await take_answer(upstream);
}

// After a 401. again: there is another credential than the one that was refused; settled: there is not.
net::Task<Tried> Forwarding::renew_credential() {
  if (!x_.service->can_refresh()) co_return Tried::settled;
  renewed_ = true;
  if (x_.service->credential() != credential_) co_return Tried::again;  // renewed meanwhile
  net::Deadline deadline(worker_.loop);
  deadline.set_after_ms(10'000);
  net::Waiter wait(worker_.loop);
  const auto waiter = std::make_shared<net::Waiter*>(&wait);
  x_.service->refresh_soon([waiter, remote = worker_.loop.remote()] {
    remote->post([waiter] {
      if (*waiter) (*waiter)->fire(net::Wake::ready);
    });
  });
  const net::Wake why = co_await wait.gone(client_.watch()).until(deadline);
  *waiter = nullptr;
  if (why == net::Wake::gone || why == net::Wake::cancelled) co_return client_left();
  co_return x_.service->credential() != credential_ ? Tried::again : Tried::settled;
}

// Between tries at one service: 100 ms, doubled each time, at most 2 s, of which a random half is left out.
net::Task<bool> Forwarding::pause(std::uint32_t attempt) {
  std::uint8_t random[2];
  random_bytes(random);
  const std::uint64_t whole = std::min<std::uint64_t>(2000, 100ULL << std::min<std::uint32_t>(attempt, 5));
  const std::uint64_t ms = whole / 2 + whole / 2 * random[0] / 255;
  net::Deadline deadline(worker_.loop);
  deadline.set_after_ms(ms);
  net::Waiter wait(worker_.loop);
  co_return co_await wait.gone(client_.watch()).until(deadline) == net::Wake::timeout;
}

net::Task<Tried> Forwarding::try_service() {
  const auto retries = x_.service->settings().retries;
  const auto lane = worker_.lane(*x_.service);
  if (lane->meter && x_.attempts > 0) lane->meter->fallbacks.add();
  Tried tried = Tried::elsewhere;
  bool fresh = false;
  for (std::uint32_t attempt = 0; attempt <= retries; ++attempt) {
    ++x_.attempts;
    bool stale = false;
    const bool renewed = renewed_;
    {
      WatchedTry watched(worker_, x_, *lane);
      status_ = 0;
      tried = co_await try_once(fresh, stale);
      const std::string_view error = tried == Tried::answered ? x_.error : error_.code;
      if (!stale) watched.end(status_, status_ >= 400 ? std::string_view() : error);
    }
    if (tried != Tried::again) co_return tried;
    if (stale || renewed_ != renewed) {
      fresh = true;
      --attempt;  // cannot repeat for ever: the next connection is new, the credential is renewed once
      continue;
    }
    if (worker_.loop.now() >= x_.ends_by || x_.service->breaker().refuses(mono_now())) break;
    if (attempt == retries) break;
    if (!co_await pause(attempt)) co_return client_left();
    if (lane->meter) lane->meter->retries.add();
  }
  co_return Tried::elsewhere;
}

// Asks one service, once there is a place for it.
net::Task<Tried> Forwarding::visit(const Service& target) {
  auto slot = target.admission().try_enter();
  if (!slot) {
    using Entry = Admission::Entry;
    const auto entry =
        co_await target.admission().enter(worker_.loop, client_.watch(), x_.caller.key->team, slot);
    if (entry == Entry::gone) co_return client_left();
    if (entry != Entry::entered) {
      unavailable_.note_busy(target);
      co_return Tried::elsewhere;
    }
  }
  permit_ = Permit::ask(target, worker_.loop.now());
  if (!permit_) {  // it began to rest while this waited, or another looks whether it is back
    unavailable_.note_refused(target, worker_.loop.now());
    co_return Tried::elsewhere;
  }
  if (!reserve_for_limits() || !co_await record_intent()) co_return Tried::settled;
  x_.ends_by = worker_.loop.now() + static_cast<MonoNs>(target.settings().timeouts.total_ms) * 1'000'000;
  const Tried tried = co_await try_service();
  permit_ = {};
  co_return tried;
}

net::Task<void> Forwarding::give_up() {
  if (kept_.held) {
    x_.service = kept_.service;
    x_.decision = std::move(kept_.decision);
    x_.decision_json = std::move(kept_.decision_json);
    x_.target_digest = kept_.target_digest;
    x_.has_target_digest = true;
    x_.error = "service_error";
    co_await send_whole(worker_, client_, x_, kept_.answer, kept_.body);
    co_return;
  }
  if (error_.code.empty() && unavailable_.any()) error_ = unavailable_.error();
  if (x_.outcome != ledger::Outcome::refused) x_.outcome = ledger::Outcome::failed;
  co_await client_.answer_error(x_, error_);
}

// False: the exchange has ended.
net::Task<bool> Forwarding::inspect() {
  const Inspector& inspector = *x_.setup->inspector;
  if (!inspector.takes_long(x_)) {
    inspector.inspect(x_, x_.inspection, {});
    co_return true;
  }
  LongWork::Job job = [this, &inspector](const std::stop_token& stop) {
    inspector.inspect(x_, x_.inspection, stop);
  };
  const auto end =
      co_await worker_.shared.long_work.run(worker_.loop, client_.watch(), x_.caller.key->id, std::move(job));
  if (end == LongWork::End::done) co_return true;
  if (end == LongWork::End::gone) {
    client_left();
    co_return false;
  }
  error_ = not_looked_at(end);
  x_.outcome = ledger::Outcome::refused;
  co_await client_.answer_error(x_, error_);
  co_return false;
}

net::Task<void> Forwarding::run() {
  if (!co_await inspect()) co_return;
  const auto candidates = route(worker_, x_, error_);
  if (candidates.empty()) {
    x_.outcome = ledger::Outcome::refused;
    co_return co_await client_.answer_error(x_, error_);
  }
  std::vector<const Service*> asked;
  for (const Service* target : candidates) {
    if (unavailable_.note_resting(*target, x_.model, worker_.loop.now())) continue;
    if (!co_await decide(target)) break;
    if (const Tried prepared = co_await prepare(); prepared != Tried::again) {
      if (prepared == Tried::answered) co_return;
      break;
    }
    if (std::ranges::find(asked, target) != asked.end()) continue;  // several were rerouted to one
    asked.push_back(target);
    const Tried tried = co_await visit(*target);
    if (tried == Tried::answered) co_return;
    if (tried == Tried::settled) break;
  }
  co_await give_up();
}

}  // namespace

net::Task<void> forward(Worker& worker, Client& client, Exchange& x) {
  Forwarding forwarding(worker, client, x);
  co_await forwarding.run();
}

}  // namespace ostiary::gateway

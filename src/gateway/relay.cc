#include "gateway/relay.h"

#include "base/text.h"
#include "gateway/headers.h"
#include "gateway/worker.h"

namespace ostiary::gateway {

namespace {

// An unfinished event is of no use to any client and waits for its rest, so that a stream that breaks within
// it can end with an error event that reads well. One that is larger than this goes out as it comes.
constexpr std::size_t kMaxHeld = 64 * 1024;
constexpr MonoNs kTimerSlack = 20'000'000;  // a timer may come so much too early

// Decides what of a stream may go out now: everything up to the last finished event.
class Holder {
 public:
  // `settled` and `fed` are offsets in the stream, after `data` was fed. The result is valid until the next
  // call.
  std::string_view release(std::string_view data, std::uint64_t settled, std::uint64_t fed) {
    out_.clear();
    if (held_.empty()) {
      const std::uint64_t base = fed - data.size();
      const auto ready = static_cast<std::size_t>(settled > base ? settled - base : 0);
      if (ready == data.size()) return data;
      held_ = data.substr(ready);
      partial_ = partial_ && ready == 0;
      return held_.size() > kMaxHeld ? let_go(data.substr(0, ready)) : data.substr(0, ready);
    }
    held_ += data;
    const std::uint64_t base = fed - held_.size();
    const auto ready = static_cast<std::size_t>(settled > base ? settled - base : 0);
    out_.assign(held_, 0, ready);
    held_.erase(0, ready);
    if (ready > 0) partial_ = false;
    return held_.size() > kMaxHeld ? let_go(std::string(out_)) : std::string_view(out_);
  }
  // Waits no longer for the rest of the event.
  std::string_view let_go(std::string_view before = {}) {
    std::string all(before);
    all += held_;
    out_ = std::move(all);
    held_.clear();
    partial_ = true;
    return out_;
  }
  bool holds() const { return !held_.empty(); }
  void drop() { held_.clear(); }
  bool partial() const { return partial_; }  // part of an unfinished event has gone out

 private:
  std::string held_, out_;
  bool partial_ = false;
};

void take_json_usage(Exchange& x, std::string_view body) {
  json::Document document;
  if (json::Document::parse_into(top_member(body, "usage"), {.refuse_duplicates = false}, document))
    read_usage(document.root(), x.usage);
  if (!x.usage.input && !x.usage.output) {
    OutputCount seen(x.asked.endpoint.name);
    seen.feed(body);
    x.seen_output = seen.tokens();
  }
  if (x.asked.endpoint.name != "responses") return;
  if (json::Document::parse_into(top_member(body, "id"), {}, document))
    x.response_id = document.root().string_or("");
}

bool is_cancelled(net::Wake why) {
  return why == net::Wake::gone || why == net::Wake::cancelled;
}

void mark_cancelled(Client& client, Exchange& x) {
  x.outcome = ledger::Outcome::cancelled;
  x.error = "client_left";
  client.close_after();
}

GateError truncation(std::string_view service) {
  GateError error;
  error.status = 502;
  error.code = "stream_truncated";
  error.message = "the service '" + std::string(service) +
                  "' ended the stream before it was complete; what came before this is real";
  return error;
}

// Before the client can have read the id and follow up on it, on whichever connection.
void remember_home(Worker& worker, Exchange& x, const std::string& response_id) {
  x.response_id = response_id;
  if (!response_id.empty())
    worker.shared.homes.remember({response_id, x.service->id(), x.caller.key->team, x.caller.key->subject});
}

GateError not_examined(std::string_view service) {
  GateError error;
  error.status = 502;
  error.code = "answer_not_inspected";
  error.message = "the answer of the service '" + std::string(service) +
                  "' could not be looked through to its end, and what it holds of some classes may not be "
                  "shown; ask for a shorter answer";
  error.no_retry = true;
  return error;
}

// How an answer goes on behind the bytes at hand.
enum class Flow : std::uint8_t { on, ended, cut };

// *examine*, for one answer: what may go on of each piece. Without an examination, all of it as it is.
class Examining {
 public:
  Examining(Exchange& x, AnswerKind kind) : x_(x), examination_(x.setup->examiner->begin(x, kind)) {}
  // The result is valid until the next call. Where nothing follows, nothing is held back.
  std::string_view settle(std::string_view bytes, Flow flow) {
    if (!examination_) return bytes;
    settled_.clear();
    if (!bytes.empty()) examination_->feed(bytes, settled_);
    if (flow != Flow::on) examination_->finish(flow == Flow::cut, settled_);
    return settled_;
  }
  MonoNs due() const { return examination_ ? examination_->due() : 0; }
  // What goes out for what was held too long.
  std::string_view expire() {
    settled_.clear();
    if (examination_) examination_->expire(settled_);
    return settled_;
  }
  bool any() const { return examination_ != nullptr; }
  bool refused() const { return examination_ && examination_->refused(); }
  // The answer is over, well or not.
  void note_findings() {
    if (examination_) x_.answer_findings = examination_->findings();
  }

 private:
  Exchange& x_;
  std::unique_ptr<Examination> examination_;
  std::string settled_;
};

void note_model(Exchange& x, std::string_view beginning) {
  if (x.trace.span) x.trace.span->newest_try().answered_model = answered_model(beginning);
}

// One stream on its way.
class StreamRelay {
 public:
  StreamRelay(Worker& worker, Client& client, Exchange& x)
      : worker_(worker),
        client_(client),
        x_(x),
        watch_(x.asked.endpoint.marker, x.asked.endpoint.name),
        examining_(x, AnswerKind::stream),
        hash_(x.digest_key) {}

  // False: it may not go on.
  bool pass(std::string_view bytes) {
    const auto settled = examining_.settle(bytes, Flow::on);
    if (examining_.refused()) return false;
    send(settled, false);
    return true;
  }
  MonoNs due() const { return examining_.due(); }
  bool expire() {
    const auto settled = examining_.expire();
    if (examining_.refused()) return false;
    send(settled, false);
    return true;
  }
  // It ends with an error of ours.
  void refuse() {
    note_usage();
    const auto error = not_examined(x_.service->id());
    client_.close_after();
    send(error_event(error, x_.asked.endpoint.marker == EndMarker::response_event), true);
    x_.outcome = ledger::Outcome::refused;
    x_.error = error.code;
    settle_record();
  }
  void feed(std::string_view data, std::string_view& ready) {
    if (x_.first_token == 0) note_beginning(data);
    watch_.feed(data);
    if (x_.response_id.empty() && !watch_.response_id().empty())
      remember_home(worker_, x_, watch_.response_id());
    ready = without_usage(holder_.release(data, watch_.settled(), watch_.fed()));
  }
  // The stream is over: well, or with an error event in its place.
  void conclude(bool cut) {
    if (!cut) watch_.finish();
    note_usage();
    const bool said_all = cut ? watch_.told_end() : watch_.ended();
    if (said_all && !cut) {
      const auto rest = std::string(without_usage(holder_.holds() ? holder_.let_go() : std::string_view()));
      if (!pass_last(rest, Flow::ended)) return refuse();
      x_.outcome = watch_.failed() ? ledger::Outcome::failed : ledger::Outcome::complete;
      if (watch_.failed()) x_.error = "service_error";
    } else if (said_all) {  // everything had been said; only the connection ended badly
      holder_.drop();
      if (!pass_last({}, Flow::ended)) return refuse();
      client_.close_after();
      x_.outcome = watch_.failed() ? ledger::Outcome::failed : ledger::Outcome::complete;
    } else {
      const auto error = truncation(x_.service->id());
      const auto settled = examining_.settle({}, Flow::cut);
      if (examining_.refused()) return refuse();
      send(settled, false);
      std::string event = holder_.partial() ? "\n\n" : "";
      holder_.drop();
      event += error_event(error, x_.asked.endpoint.marker == EndMarker::response_event);
      client_.close_after();
      send(event, true);
      x_.outcome = ledger::Outcome::truncated;
      x_.error = error.code;
    }
    settle_record();
  }
  void abandon() {
    note_usage();
    settle_record();
    mark_cancelled(client_, x_);
  }

 private:
  bool pass_last(std::string_view bytes, Flow flow) {
    const auto settled = examining_.settle(bytes, flow);
    if (examining_.refused()) return false;
    send(settled, true);
    return true;
  }
  void note_beginning(std::string_view data) {
    x_.first_token = static_cast<std::uint64_t>((mono_now() - x_.started) / 1000);
    note_model(x_, data);
  }
  void send(std::string_view bytes, bool last) {
    if (bytes.empty() && !last) return;
    hash_.update(bytes);
    x_.response_bytes += bytes.size();
    client_.body(bytes, last);
  }
  void note_usage() {
    x_.usage = watch_.usage();
    x_.seen_output = watch_.seen_output();
  }
  // The event that came only because the gate asked for it does not go on. `ready` is what of the stream
  // follows on what was released before.
  std::string_view without_usage(std::string_view ready) {
    const std::uint64_t base = released_;
    released_ += ready.size();
    const auto [start, end] = watch_.usage_event();
    if (!x_.usage_asked || end == 0 || end <= base || start >= released_) return ready;
    const auto first = static_cast<std::size_t>(std::max(start, base) - base);
    const auto last = static_cast<std::size_t>(std::min(end, released_) - base);
    kept_.assign(ready.substr(0, first));
    auto event = ready.substr(first, last - first);
    while (event.starts_with(':')) {  // a comment that stood before it
      const auto line = event.substr(0, event.find('\n') + 1);
      if (line.empty()) break;
      kept_ += line;
      event.remove_prefix(line.size());
    }
    kept_ += ready.substr(last);
    return kept_;
  }
  void settle_record() {
    examining_.note_findings();
    x_.response_digest = hash_.finish();
    x_.has_response_digest = true;
  }
  Worker& worker_;
  Client& client_;
  Exchange& x_;
  StreamWatch watch_;
  Holder holder_;
  Examining examining_;
  HmacSha256 hash_;
  std::uint64_t released_ = 0;  // bytes of the stream that the holder gave out
  std::string kept_;
};

}  // namespace

AnswerFacts describe_answer(const net::Head& head, std::string_view credential, bool own_limits) {
  AnswerFacts facts;
  facts.status = head.status;
  facts.headers.reserve(512);
  for (const auto& h : head.headers)
    if (!drops_response_header(head, h.name) && !(own_limits && is_rate_limit_header(h.name)))
      append_header(facts.headers, h.name, h.value);
  facts.retry_after = head.get("retry-after");
  const auto type = head.get("content-type");
  if (repeats_credential(facts.headers, credential)) {
    facts.headers.clear();
    facts.retry_after.clear();
    if (!repeats_credential(type, credential)) append_header(facts.headers, "Content-Type", type);
  }
  const auto media = text::trim(type.substr(0, type.find(';')));
  facts.json = text::iequals(media, "application/json") ||
               (media.size() > 5 && text::iequals(media.substr(media.size() - 5), "+json"));
  return facts;
}

net::Task<void> relay_stream(Worker& worker, Client& client, Exchange& x, Upstream& upstream,
                             const AnswerFacts& answer) {
  StreamRelay relay(worker, client, x);
  x.status = answer.status;
  x.stream = true;
  client.begin(x, {answer.status, answer.headers, std::nullopt});
  for (;;) {
    std::string_view data;
    const auto step = upstream.next(data);
    if (step == Upstream::Step::piece) {
      std::string_view ready;
      relay.feed(data, ready);
      if (!relay.pass(ready)) {
        relay.refuse();
        break;
      }
    } else if (step == Upstream::Step::wait) {
      if (client.head_waiting()) client.body({}, false);
      const MonoNs due = relay.due();
      const net::Wake why = co_await upstream.wait(due);
      if (is_cancelled(why)) co_return relay.abandon();
      if (why == net::Wake::timeout && due != 0 && mono_now() + kTimerSlack >= due) {
        if (!relay.expire()) {
          relay.refuse();
          break;
        }
      } else if (why == net::Wake::timeout) {
        relay.conclude(true);
        break;
      }
    } else {
      relay.conclude(step == Upstream::Step::cut);
      break;
    }
    if (client.backlogged() && !co_await client.drain(x.ends_by)) co_return relay.abandon();
    if (client.broken()) co_return relay.abandon();
  }
  if (client.backlogged()) [[maybe_unused]]
    const auto drained = co_await client.drain(x.ends_by);
  if (client.broken() && x.outcome == ledger::Outcome::complete) mark_cancelled(client, x);
  upstream.release();
}

// Instead of an answer of which nothing has gone out.
static net::Task<void> refuse_answer(Client& client, Exchange& x) {
  x.outcome = ledger::Outcome::refused;
  const auto error = not_examined(x.service->id());
  co_await client.answer_error(x, error);
}

net::Task<void> send_whole(Worker& worker, Client& client, Exchange& x, const AnswerFacts& answer,
                           std::string_view read) {
  constexpr std::size_t long_body = 128 * 1024;  // about a millisecond's work
  Examining examining(x, AnswerKind::whole);
  std::string_view body;
  std::string copy;
  if (read.size() < long_body || !examining.any()) {
    body = examining.settle(read, Flow::ended);
  } else {
    copy = read;
    LongWork::Job job = [&](const std::stop_token&) { body = examining.settle(copy, Flow::ended); };
    const auto end =
        co_await worker.shared.long_work.run(worker.loop, client.watch(), x.caller.key->id, std::move(job));
    if (end == LongWork::End::gone) co_return mark_cancelled(client, x);
    if (end != LongWork::End::done) {
      const auto error = not_looked_at(end);
      co_return co_await client.answer_error(x, error);
    }
  }
  examining.note_findings();
  if (examining.refused()) co_return co_await refuse_answer(client, x);
  x.status = answer.status;
  x.response_bytes = body.size();
  x.response_digest = hmac_sha256(x.digest_key, body);
  x.has_response_digest = true;
  client.begin(x, {answer.status, answer.headers, body.size()});
  client.body(body, true);
  if (client.backlogged()) [[maybe_unused]]
    const auto drained = co_await client.drain(x.ends_by);
  x.outcome = answer.status < 400 ? ledger::Outcome::complete : ledger::Outcome::failed;
  if (client.broken()) mark_cancelled(client, x);
}

// An answer too large to be kept: passed on piece by piece.
static net::Task<void> relay_large(Worker& worker, Client& client, Exchange& x, Upstream& upstream,
                                   const AnswerFacts& answer, std::string head) {
  Examining examining(x, AnswerKind::pieces);
  if (examining.refused()) co_return co_await refuse_answer(client, x);
  HmacSha256 hash(x.digest_key);
  OutputCount seen(x.asked.endpoint.name);
  const auto send = [&](std::string_view bytes) {
    if (bytes.empty()) return;
    hash.update(bytes);
    x.response_bytes += bytes.size();
    client.body(bytes, false);
  };
  const auto settle_record = [&] {
    examining.note_findings();
    x.response_digest = hash.finish();
    x.has_response_digest = true;
  };
  const auto abandon = [&] {
    settle_record();
    mark_cancelled(client, x);
  };
  x.status = answer.status;
  note_model(x, head);
  client.begin(x, {answer.status, answer.headers, std::nullopt});
  std::string_view data = head;
  auto step = Upstream::Step::piece;
  for (;; step = upstream.next(data)) {
    if (step == Upstream::Step::piece) {
      seen.feed(data);
      x.seen_output = seen.tokens();
      send(examining.settle(data, Flow::on));
    } else if (step == Upstream::Step::wait) {
      const net::Wake why = co_await upstream.wait();
      if (is_cancelled(why)) co_return abandon();
      if (why == net::Wake::timeout) step = Upstream::Step::cut;
    }
    if (step == Upstream::Step::end || step == Upstream::Step::cut) break;
    if ((client.backlogged() && !co_await client.drain(x.ends_by)) || client.broken()) co_return abandon();
  }
  send(examining.settle({}, step == Upstream::Step::end ? Flow::ended : Flow::cut));
  settle_record();
  x.outcome = step == Upstream::Step::end ? ledger::Outcome::complete : ledger::Outcome::truncated;
  if (step == Upstream::Step::end)
    client.finish();
  else
    client.close_after();  // without the last chunk, so that nobody takes it for whole
  if (client.backlogged()) [[maybe_unused]]
    const auto drained = co_await client.drain(x.ends_by);
  upstream.release();
}

net::Task<bool> relay_body(Worker& worker, Client& client, Exchange& x, Upstream& upstream,
                           const AnswerFacts& answer, GateError& error) {
  const std::size_t limit = x.setup->settings.max_response_copy_bytes;
  std::string copy;
  std::string_view whole;  // the body, where it was read or in `copy`
  for (;;) {
    std::string_view data;
    const auto step = upstream.next(data);
    if (step == Upstream::Step::end) break;
    if (step == Upstream::Step::cut) {
      error.status = 502;
      error.code = "service_truncated";
      error.message = "the service '" + x.service->id() + "' ended its answer before it was complete";
      co_return false;
    }
    if (step == Upstream::Step::piece) {
      if (copy.empty() && upstream.has_read_all()) {
        whole = data;
        continue;
      }
      copy += data;
      whole = copy;
      if (copy.size() > limit) {
        co_await relay_large(worker, client, x, upstream, answer, std::move(copy));
        co_return true;
      }
      continue;
    }
    const net::Wake why = co_await upstream.wait();
    if (is_cancelled(why)) {
      mark_cancelled(client, x);
      co_return true;
    }
    if (why == net::Wake::timeout) {
      error.status = 504;
      error.code = "service_timeout";
      error.message = "the service '" + x.service->id() + "' stopped in the middle of its answer";
      co_return false;
    }
  }
  if (answer.json && answer.status < 400) {
    note_model(x, whole);
    take_json_usage(x, whole);
    remember_home(worker, x, x.response_id);
  }
  upstream.release();
  co_await send_whole(worker, client, x, answer, whole);
  co_return true;
}

}  // namespace ostiary::gateway

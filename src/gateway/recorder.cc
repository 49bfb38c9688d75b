#include "gateway/recorder.h"

#include <algorithm>

#include "base/hash_pair.h"
#include "base/log.h"
#include "gateway/fault.h"
#include "gateway/service.h"

namespace ostiary::gateway {

namespace {

constexpr std::size_t kNearBytes = 512 * 1024;

constexpr std::size_t kMostOwed = 8u << 20;
constexpr std::uint64_t kRestMs = 100;  // between tries to write what could not be written

ledger::ExchangeRecord describe(const Exchange& x, std::string& findings) {
  ledger::ExchangeRecord record;
  record.id = x.id;
  record.at = x.at;
  if (x.caller.key) {
    record.subject = x.caller.key->subject;
    record.team = x.caller.key->team;
    record.key = x.caller.key->id;
  }
  record.endpoint = x.asked.endpoint.name;
  record.method = x.head.method.substr(0, 16);  // of a refused request it may be anything
  if (x.service) {
    record.service = x.service->id();
    record.provider = x.service->settings().provider;
    record.surface = x.service->settings().surface;
  }
  record.model = x.model;
  record.decision_json = x.decision_json;
  if (!x.inspection.findings.empty() || !x.answer_findings.empty()) {
    findings = "[";
    for (const auto* list : {&x.inspection.findings, &x.answer_findings}) {
      for (const auto& finding : *list) {
        if (findings.size() > 1) findings += ',';
        inspect::append_json(findings, finding);
      }
    }
    findings += ']';
    record.findings_json = findings;
  }
  record.request_bytes = x.body.size();
  if (x.has_request_digest) record.request_digest = &x.request_digest;
  if (x.has_target_digest) record.target_digest = &x.target_digest;
  if (x.has_forwarded_digest) record.forwarded_digest = &x.forwarded_digest;
  record.stream = x.stream;
  record.reserved = x.reserved;
  return record;
}

}  // namespace

net::Task<Result<>> Recorder::intent(Exchange& exchange) {
  Waiting waiting{net::Waiter(loop_), fail(Code::closed, "the gate is stopping"), &exchange};
  waiting_.push_back(&waiting);
  // Bodies are sent while the processor still has them near: a group is no larger than its cache.
  waiting_bytes_ += exchange.body.size();
  if (waiting_bytes_ > kNearBytes) loop_.hurry();
  const net::Wake why = co_await waiting.waiter;
  if (why != net::Wake::ready) forget(waiting);
  fault_point(Fault::intent_written);
  co_return why == net::Wake::ready ? waiting.result : fail(Code::closed, "the gate is stopping");
}

// The bodies of this turn are hashed two at a time, then their intents written.
void Recorder::write_intents() {
  waiting_bytes_ = 0;
  Exchange* single = nullptr;
  for (auto* waiting : waiting_) {
    Exchange& x = *waiting->exchange;
    if (!x.digest_due) continue;
    if (!single) {
      single = &x;
      continue;
    }
    hmac_sha256_pair(single->digest_key, single->body, x.digest_key, x.body, single->request_digest,
                     x.request_digest);
    single->has_request_digest = x.has_request_digest = true;
    single->digest_due = x.digest_due = false;
    single = nullptr;
  }
  if (single) single->settle_digest();
  std::string findings;
  for (auto* waiting : waiting_) {
    const Exchange& x = *waiting->exchange;
    line_.clear();
    ledger::append_intent(line_, describe(x, findings));
    if (!x.intent_recorded) batch_.add_key(x.id, x.digest_key);
    batch_.add(line_);
  }
}

void Recorder::outcome(Exchange& x) {
  x.settle_digest();
  std::string findings;
  auto record = describe(x, findings);
  record.outcome = x.outcome;
  record.status = x.status;
  record.error = x.error;
  record.attempts = x.attempts;
  record.response_bytes = x.response_bytes;
  if (x.has_response_digest) record.response_digest = &x.response_digest;
  record.usage = x.usage;
  record.timings = x.timings;
  line_.clear();
  ledger::append_outcome(line_, record);
  if (!x.intent_recorded && x.has_request_digest) batch_.add_key(x.id, x.digest_key);
  batch_.add(line_);
  has_outcome_ = true;
}

void Recorder::stranger(Exchange& x, std::uint32_t per_minute) {
  if (strangers_.admit(per_minute, mono_now())) return outcome(x);
  if (summary_due_ || loop_.stopping()) return;
  summary_due_ = true;
  net::spawn(sum_up_later());
}

net::Task<void> Recorder::sum_up_later() {
  net::Deadline deadline(loop_);
  deadline.set_after_ms(summary_ms_);
  net::Waiter wait(loop_);
  const net::Wake why = co_await wait.until(deadline);
  summary_due_ = false;
  if (why == net::Wake::timeout) sum_up();  // otherwise close() does
}

void Recorder::sum_up() {
  if (strangers_.unrecorded() == 0) return;
  line_.clear();
  ledger::append_change(line_, wall_now(), "refusals-not-recorded", "gate",
                        R"({"count":)" + std::to_string(strangers_.take_unrecorded()) + "}");
  batch_.add(line_);
}

void Recorder::release(Group group, const Result<>& result, bool recorded) {
  for (auto* w : group) {
    w->result = result;
    w->exchange->intent_recorded |= recorded && result;
    w->waiter.fire(net::Wake::ready);
  }
}

void Recorder::forget(Waiting& waiting) {
  std::erase(waiting_, &waiting);
  for (const auto& group : durable_) std::erase(*group, &waiting);
}

// Nothing can be written now. True when somebody waited for it.
bool Recorder::give_up(const Result<>& why) {
  if (batch_.bytes() > kMostOwed) lose_owed();
  if (!batch_.empty() && !trying_later_ && !loop_.stopping()) {
    trying_later_ = true;
    net::spawn(try_later());
  }
  waiting_bytes_ = 0;
  const bool waited = !waiting_.empty();
  const bool passes = waited && full_ && pass_over();
  release(std::exchange(waiting_, {}), passes ? Result<>{} : why, false);
  return waited;
}

// Lets those who wait go on unrecorded, if the ledger takes it upon itself.
bool Recorder::pass_over() {
  std::uint64_t exchanges = 0, bytes = 0;
  for (auto* waiting : waiting_) {
    Exchange& x = *waiting->exchange;
    x.settle_digest();
    if (x.intent_recorded || std::exchange(x.passed_over, true)) continue;
    ++exchanges;
    bytes += x.body.size();
  }
  return ledger_.pass_over(exchanges, 0, bytes);
}

void Recorder::lose_owed() {
  log::error("the ledger cannot be written: " + std::to_string(batch_.size()) + " outcomes are lost");
  if (full_) ledger_.pass_over(0, batch_.size(), 0);
  batch_.clear();
}

// The turn that this wakes ends with a flush, though nothing else may happen.
net::Task<void> Recorder::try_later() {
  net::Deadline deadline(loop_);
  deadline.set_after_ms(kRestMs);
  net::Waiter wait(loop_);
  co_await wait.until(deadline);
  trying_later_ = false;
}

void Recorder::close() {
  failed_at_ = 0;
  sum_up();
  flush();
  if (!batch_.empty()) lose_owed();
}

bool Recorder::flush() {
  if (batch_.empty() && waiting_.empty()) return false;
  const bool resting = failed_at_ != 0 && mono_now() - failed_at_ < static_cast<MonoNs>(kRestMs) * 1'000'000;
  if (resting && (waiting_.empty() || full_))
    return give_up(fail(Code::io, "the ledger could not be written a moment ago"));
  const auto owed = batch_.mark();
  write_intents();
  const auto written = ledger_.append(batch_);
  full_ = !written && written.error().code == Code::unavailable && ledger_.goes_on_when_full();
  if (!written) {
    if (!full_ && failures_++ % 1000 == 0)
      log::error("the ledger cannot be written, so nothing goes out: " + written.error().text());
    failed_at_ = mono_now();
    batch_.cut_back(owed);
    return give_up(written);
  }
  failed_at_ = 0;
  const bool has_outcome = std::exchange(has_outcome_, false);
  if (has_outcome) fault_point(Fault::outcome_written);
  if (waiting_.empty()) return true;
  if (sync_ != ledger::Sync::always) {
    release(std::exchange(waiting_, {}), Result<>{}, true);
    return true;
  }
  auto group = std::make_shared<Group>(std::exchange(waiting_, {}));
  durable_.push_back(group);
  ledger_.when_durable([this, group, remote = loop_.remote()](Result<> result) {
    remote->post([this, group, result = std::move(result)] {
      std::erase(durable_, group);
      release(std::move(*group), result, true);
    });
  });
  return true;
}

}  // namespace ostiary::gateway

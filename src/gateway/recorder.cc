#include "gateway/recorder.h"

#include <algorithm>

#include "base/log.h"
#include "gateway/fault.h"
#include "gateway/service.h"

namespace ostiary::gateway {

namespace {

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
  if (x.has_forwarded_digest) record.forwarded_digest = &x.forwarded_digest;
  record.stream = x.stream;
  return record;
}

}  // namespace

net::Task<Result<>> Recorder::intent(const Exchange& exchange) {
  std::string findings;
  line_.clear();
  ledger::append_intent(line_, describe(exchange, findings));
  if (!exchange.intent_recorded) batch_.add_key(exchange.id, exchange.digest_key);
  batch_.add(line_);
  Waiting waiting{net::Waiter(loop_), fail(Code::closed, "the gate is stopping")};
  waiting_.push_back(&waiting);
  const net::Wake why = co_await waiting.waiter;
  if (why != net::Wake::ready) forget(waiting);
  fault_point(Fault::intent_written);
  co_return why == net::Wake::ready ? waiting.result : fail(Code::closed, "the gate is stopping");
}

void Recorder::outcome(const Exchange& x) {
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

void Recorder::release(Group group, const Result<>& result) {
  for (auto* w : group) {
    w->result = result;
    w->waiter.fire(net::Wake::ready);
  }
}

void Recorder::forget(Waiting& waiting) {
  std::erase(waiting_, &waiting);
  for (const auto& group : durable_) std::erase(*group, &waiting);
}

bool Recorder::flush() {
  if (batch_.empty()) return false;
  const bool has_outcome = std::exchange(has_outcome_, false);
  const auto written = ledger_.append(batch_);
  if (!written) {
    if (failures_++ % 1000 == 0)
      log::error("the ledger cannot be written, so nothing goes out: " + written.error().text());
    batch_.clear();
    release(std::exchange(waiting_, {}), written);
    return true;
  }
  if (has_outcome) fault_point(Fault::outcome_written);
  if (waiting_.empty()) return true;
  if (sync_ != ledger::Sync::always) {
    release(std::exchange(waiting_, {}), Result<>{});
    return true;
  }
  auto group = std::make_shared<Group>(std::exchange(waiting_, {}));
  durable_.push_back(group);
  ledger_.when_durable([this, group, remote = loop_.remote()](Result<> result) {
    remote->post([this, group, result = std::move(result)] {
      std::erase(durable_, group);
      release(std::move(*group), result);
    });
  });
  return true;
}

}  // namespace ostiary::gateway

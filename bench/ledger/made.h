#pragma once

#include <cstdint>
#include <string>

#include "base/hash.h"
#include "ledger/ledger.h"
#include "ledger/record.h"

// Exchanges for ledgers that benches make.
namespace ostiary::bench {

// What the gate records of the exchange number `n`; `digest` must outlive it. Texts may be set to others.
inline ledger::ExchangeRecord exchange_record(std::uint64_t n, const Digest& digest) {
  ledger::ExchangeRecord record;
  record.id = Id::make();
  record.at = 1'790'000'000'000 + static_cast<WallMs>(n) * 7;
  record.subject = "u-7f3a9c21d4e8";
  record.team = "research";
  record.key = "3fK9aQ2z";
  record.endpoint = "chat/completions";
  record.method = "POST";
  record.service = "main";
  record.provider = "openai";
  record.surface = "api";
  record.model = "gpt-5-mini";
  record.decision_json = R"({"effect":"allow","facts":[],"mode":"enforce","rules":[]})";
  record.request_bytes = 1024 + n % 512;
  record.request_digest = record.target_digest = &digest;
  record.status = 200;
  record.attempts = 1;
  record.response_bytes = 2048 + n % 1024;
  record.response_digest = &digest;
  record.usage = {300 + n % 100, 120, 0, 0.00042, false};
  record.timings = {90, 310, 210'000, 1'400'000 + n % 100'000};
  return record;
}

// As the gate writes it: an intent, then its outcome.
inline void add(ledger::Batch& batch, const ledger::ExchangeRecord& record) {
  std::string line;
  ledger::append_intent(line, record);
  batch.add(line);
  line.clear();
  ledger::append_outcome(line, record);
  batch.add(line);
}

}  // namespace ostiary::bench

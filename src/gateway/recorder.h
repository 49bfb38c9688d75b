#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/exchange.h"
#include "gateway/strangers.h"
#include "ledger/ledger.h"
#include "net/loop.h"
#include "net/task.h"

namespace ostiary::gateway {

// One loop's pen. Records made during a turn of the loop are written together at its end, with one writev;
// whoever must not go on before (an intent) waits for that. Belongs to one loop.
class Recorder {
 public:
  // `summary_ms`: how long refusals that are not recorded may wait for the record that counts them.
  Recorder(net::Loop& loop, ledger::Ledger& ledger, ledger::Sync sync, std::uint64_t summary_ms = 60'000)
      : loop_(loop), ledger_(ledger), sync_(sync), summary_ms_(summary_ms) {}

  // Writes what is about to be sent, and returns once it survives the process (Sync::always: once it is on
  // the disk). An error means that nothing may leave. Where the disk is full and ledger.when_full is open it
  // returns without: the exchange is counted, its intent_recorded stays false.
  net::Task<Result<>> intent(Exchange& exchange);
  // Writes the end of an exchange at the end of this turn.
  void outcome(Exchange& exchange);
  // The same for an exchange whose caller has no known key, up to `per_minute` of them. Those beyond are
  // counted, and a change "refusals-not-recorded" says how many there were: once a minute, and at close().
  void stranger(Exchange& exchange, std::uint32_t per_minute);
  // The loop's turn-end hook: writes what there is; false when there was nothing. What cannot be written:
  // intents are refused; outcomes, which have happened, are owed (at most 8 MiB of them) and tried again with
  // the next intent, or ten times a second.
  bool flush();
  // The last try. What is still owed then is lost, and the log says how much.
  void close();

 private:
  struct Waiting {
    net::Waiter waiter;
    Result<> result;
    Exchange* exchange;
  };
  using Group = std::vector<Waiting*>;
  static void release(Group group, const Result<>& result, bool recorded);
  void forget(Waiting& waiting);
  void write_intents();
  bool give_up(const Result<>& why);
  bool pass_over();
  void lose_owed();
  net::Task<void> try_later();
  net::Task<void> sum_up_later();
  void sum_up();
  net::Loop& loop_;
  ledger::Ledger& ledger_;
  ledger::Sync sync_;
  ledger::Batch batch_;
  std::string line_;
  Group waiting_;                                // for this turn's write
  std::vector<std::shared_ptr<Group>> durable_;  // for the disk (Sync::always)
  std::size_t waiting_bytes_ = 0;                // of their bodies
  bool has_outcome_ = false;
  std::uint64_t failures_ = 0;
  MonoNs failed_at_ = 0;  // the last write; 0: it did not fail
  bool full_ = false;     // that was for want of room, and exchanges go on
  bool trying_later_ = false;
  Strangers strangers_;
  std::uint64_t summary_ms_;
  bool summary_due_ = false;  // sum_up_later() waits
};

}  // namespace ostiary::gateway

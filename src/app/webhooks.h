#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/webhook_settings.h"
#include "base/result.h"
#include "ledger/cursor.h"
#include "ledger/ledger.h"
#include "watch/incoming.h"
#include "watch/webhooks.h"

namespace ostiary::app {

// The settings with their secrets read. Errors name the webhook and never repeat a secret.
Result<std::vector<watch::HookSettings>> read_webhooks(std::span<const WebhookSettings> settings);
Result<watch::IncomingSettings> read_incoming(std::span<const IncomingHookSettings> settings);

// What the ledger tells webhooks of: questions (`change` records of the desk), another policy, and exchanges
// with the obligation notify.
//
// A record is in the ledger before what it tells of holds, and the position up to which records were read is
// kept together with the events made of them. So an event is put into the outbox once, whenever the program
// is ended. While there is no webhook nothing is read, and whoever comes then is told of what happens then.
// On a thread of its own.
class LedgerEvents {
 public:
  // The question of that number as JSON, "" where there is none (any more). Asked on this thread, after the
  // change that a record tells of was made.
  using Question = std::function<std::string(std::string_view number)>;
  // All outlive it.
  LedgerEvents(std::string data_folder, const ledger::Ledger& ledger, watch::Webhooks& hooks,
               Question question);
  ~LedgerEvents();
  LedgerEvents(const LedgerEvents&) = delete;
  LedgerEvents& operator=(const LedgerEvents&) = delete;

 private:
  void run();
  Result<bool> hand_on();
  Result<> begin();
  Result<> put(std::uint64_t next, std::vector<watch::Event> events, bool keep);

  const std::string data_folder_;
  const ledger::Ledger& ledger_;
  watch::Webhooks& hooks_;
  const Question question_;
  std::optional<ledger::Place> at_;          // the record that comes next
  std::uint64_t kept_ = 0;                   // the position on the disk
  bool resting_ = false;                     // there is no webhook, and no position on the disk
  std::set<std::string, std::less<>> told_;  // webhooks that are named and not there
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

// The webhooks of a running gate, out and in.
class HookHouse {
 public:
  // What a configuration says, with its secrets.
  struct Settings {
    std::vector<watch::HookSettings> out;
    watch::IncomingSettings in;
  };
  static Result<Settings> read(std::span<const WebhookSettings> out,
                               std::span<const IncomingHookSettings> in);

  // Delivers from now on. The store of the folder is open and has the schema of now; `ledger` outlives it.
  static Result<std::unique_ptr<HookHouse>> open(const std::string& data_folder, Settings settings);
  // Tells webhooks of what is in the ledger, from now on.
  void follow(const std::string& data_folder, const ledger::Ledger& ledger, LedgerEvents::Question question);
  void replace(Settings settings);
  // Nobody puts anything in any more; what waits stays. `follow` ends.
  void close();

  watch::Webhooks& out() { return out_; }
  watch::Incoming& in() { return in_; }

 private:
  explicit HookHouse(std::unique_ptr<store::HookQueue> queue);
  watch::Webhooks out_;
  watch::Incoming in_;
  std::unique_ptr<LedgerEvents> events_;
};

// The events that a record is; `question` as above.
std::vector<watch::Event> events_of(std::uint64_t index, std::string_view record,
                                    const LedgerEvents::Question& question);

}  // namespace ostiary::app

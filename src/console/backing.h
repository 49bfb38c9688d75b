#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "desk/desk.h"
#include "gateway/worker.h"
#include "inventory/inventory.h"
#include "policy/render.h"
#include "store/exchanges.h"
#include "store/false_alarms.h"
#include "store/invitations.h"
#include "store/store.h"
#include "store/uses.h"
#include "watch/incoming.h"
#include "watch/webhooks.h"

namespace ostiary::console {

// A configuration key, what holds for it and where that is from.
struct Setting {
  std::string path;
  std::optional<std::string> value;  // as it would stand in the file; nothing: it may be a secret
  std::string source;                // flag, environment, file or default
  std::string place;                 // file:line:column or the variable; empty: none
};

// How far the exchange list is behind the ledger.
struct Lag {
  std::uint64_t records = 0;
  double seconds = 0;
};

// Who keeps the ledger's checkpoints outside.
struct Witness {
  std::string name;
  std::uint64_t delivered = 0, failed = 0;  // hand-overs since the start
  std::uint64_t size = 0;                   // records of the newest checkpoint that it has; 0: none yet
  WallMs at = 0;                            // when it got that; 0: never
  std::string error;                        // why the last hand-over failed; empty: it did not
};

// The policy document that decides, for those who read it.
struct PolicyDocument {
  std::shared_ptr<const policy::Policy> policy;  // null: none is in force
  std::shared_ptr<const std::string> text;       // that it was read from
  std::string source;                            // its path, or "built-in"
  std::size_t warnings = 0;                      // that `policy check` has about it
};

// What the program that the API belongs to does for it. Thread-safe.
class Steward {
 public:
  virtual ~Steward() = default;
  // Puts what the configuration says now in force; the names of keys that need a restart. `by`: the id of the
  // key that asked for it.
  virtual Result<std::vector<std::string>> reload(std::string_view by) = 0;
  virtual std::vector<Setting> settings() const = 0;  // in force
  virtual WallMs loaded_at() const = 0;               // when they were read
  virtual bool draining() const = 0;
  virtual bool beyond_loopback() const = 0;  // whether the gate listens there
  virtual bool metrics_open() const = 0;     // whether /metrics is for whoever reaches the gate
  virtual Lag projection_lag() const = 0;
  virtual std::vector<Witness> witnesses() const = 0;
  virtual PolicyDocument policy_document() const { return {}; }
  // What the versions that were in force changed, newest first. Reads files and may take a second.
  virtual std::vector<policy::Change> policy_changes() const { return {}; }
  // What reviewers accept as false alarms has changed: put it in force for what begins from now on. Not to be
  // called under store_mutex.
  virtual Result<> alarms_changed() { return {}; }
};

// Of the build.
struct Facts {
  std::string version, commit, compiler, catalog;
};

class Feed;

// The policy's page as it was last made, and for what.
struct PolicyPage {
  std::mutex mutex;
  std::string key;  // under mutex, as the others; empty: none was made
  std::shared_ptr<const std::string> html;
  std::string etag;
};

// What the API stands on. All of it outlives the API.
struct Backing {
  gateway::Shared& shared;
  std::unique_ptr<store::Store> store;  // under store_mutex
  std::string data_folder;
  Facts facts;
  Steward* steward = nullptr;           // null: no gate serves, the command line asks about a folder
  std::vector<std::string> hosts = {};  // further names that a request's Host may have
  watch::Webhooks* webhooks = nullptr;  // both null: no gate serves
  watch::Incoming* incoming = nullptr;
  desk::Desk* desk = nullptr;                         // null: there is none
  std::function<std::string()> policy_document = {};  // the text of the one in force; "" where there is none
  std::mutex store_mutex = {};
  std::uint64_t retention_ms = 0;                // of the ledger; 0: for ever
  std::atomic<std::uint32_t> most_own_keys = 5;  // with so many valid keys of a team nobody makes another
  store::Invitations invitations{data_folder + "/store.sqlite"};   // under store_mutex
  store::FalseAlarms false_alarms{data_folder + "/store.sqlite"};  // under store_mutex
  store::Exchanges exchanges{data_folder + "/exchanges.sqlite"};
  store::Exchanges traffic{data_folder + "/exchanges.sqlite"};  // for what reads much of it
  std::unique_ptr<store::Uses> uses = store::open_uses(data_folder + "/store.sqlite");
  inventory::Inventory inventory{*uses};
  std::atomic<Feed*> feed = nullptr;  // the API's own; null where no gate serves
  PolicyPage policy_page = {};
};

}  // namespace ostiary::console

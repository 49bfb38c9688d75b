#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/audit.h"
#include "app/config.h"
#include "app/control_server.h"
#include "app/desk_house.h"
#include "app/instruments.h"
#include "app/keeping_door.h"
#include "app/notify.h"
#include "app/own_rules.h"
#include "app/policy_in_force.h"
#include "app/projector.h"
#include "app/response_keeper.h"
#include "app/verbs.h"
#include "app/webhooks.h"
#include "app/witness.h"
#include "base/result.h"
#include "console/api.h"
#include "gateway/gate.h"
#include "ledger/keeper.h"
#include "ledger/ledger.h"
#include "store/store.h"

namespace ostiary::app {

// What the command line and the environment say is put over the file, whenever that is read.
Result<Config> settle_config(const ServeOptions& options);

// What `serve` runs: the gate with all that stands behind it. Goes down in reverse order, the data folder's
// lock last. Belongs to the main thread but for what says so.
class House final : public console::Steward {
 public:
  // `sockets`: handed over by a service manager, which `notifier` tells how it goes.
  static Result<std::unique_ptr<House>> open(const ServeOptions& options, std::vector<net::Bound> sockets,
                                             const Notifier& notifier);
  ~House() override;

  Config config() const;  // in force now
  const gateway::Shared& shared() const { return shared_; }
  // Where clients find the gate: "http://HOST:PORT" (or https) without a path, or "unix:PATH". At least one.
  std::vector<std::string> urls() const;
  const std::string& first_key() const { return first_key_; }  // shown once; empty: there were keys

  // Reads the configuration again and puts it in force for every exchange that begins from now on; those
  // under way end as they began. A service whose settings are the same stays the same object. An error leaves
  // all as it was. The result names the keys that changed and need a restart.
  // `by`: the id of the key that asked for it, or "signal"; it goes into the record of a changed policy.
  // Thread-safe.
  Result<std::vector<std::string>> reload(std::string_view by) override;
  // The policy document that decides now. Thread-safe.
  PolicyInForce policy() const;
  console::PolicyDocument policy_document() const override;
  std::vector<policy::Change> policy_changes() const override;
  // The text of a document that is or was in force, by its digest. Thread-safe.
  Result<std::string> policy_text(std::string_view digest) const { return archive_.text_of(digest); }
  std::vector<console::Setting> settings() const override;
  WallMs loaded_at() const override;
  bool draining() const override { return draining_; }
  bool beyond_loopback() const override;
  bool metrics_open() const override { return metrics_open_; }
  console::Lag projection_lag() const override;
  std::vector<console::Witness> witnesses() const override;
  Result<> alarms_changed() override;

  // Ends a reload that is under way, with the commands that it waits for; none begins any more. Thread-safe.
  void end_reloads() { reloads_end_.request_stop(); }

  // Log and audit files were moved away: writes to new ones.
  Result<> reopen_logs();

  // No new connections, no further requests on old ones.
  void drain() {
    draining_ = true;
    end_reloads();
    gate_->drain();
  }
  bool idle() const { return gate_->idle(); }
  bool answers() { return gate_->answers(); }
  // Lets what is under way end, for at most `deadline_ms` or until `enough`, then records the end.
  Result<> close(std::uint64_t deadline_ms, const std::function<bool()>& enough);

 private:
  House(ServeOptions options, Config config, store::DataLock lock);
  Result<> furnish(std::vector<net::Bound> sockets);
  Result<std::unique_ptr<store::Store>> open_books();
  Result<> open_gate(store::Store& store, std::vector<net::Bound> sockets);
  Result<PolicyInForce> policy_at_start() const;
  Result<> open_desk();
  Result<> use_policy_at_desk(const PolicyInForce& policy);
  void open_api(std::unique_ptr<store::Store> store);
  Result<> begin_reload(const Config& config, const PolicyInForce& policy, std::string_view by);
  Result<> adopt_policy();
  Result<> record_policy(const policy::Policy* before, const PolicyInForce& now, std::string_view by);
  Result<> use_log(const Config& config);
  Result<gateway::Setup> make_setup(const Config& config, const PolicyInForce& policy,
                                    std::shared_ptr<const inspect::Engine> engine) const;
  Result<OwnRules> read_rules(const Config& config) const;
  Result<std::shared_ptr<const inspect::Engine>> engine_of(const OwnRules& rules) const;

  const ServeOptions options_;
  std::stop_source reloads_end_;
  std::mutex reloading_;      // held by a reload, which may come from this thread and through the API
  mutable std::mutex facts_;  // held for a moment only; within reloading_
  Config config_;             // under facts_ once the gate runs
  Config started_with_;       // what a restart would change is told against it
  std::vector<console::Setting> settings_;  // under facts_
  WallMs loaded_at_ = 0;                    // under facts_
  std::string log_file_;                    // that is written to; under facts_
  PolicyInForce policy_;                    // under facts_ once the gate runs
  const PolicyArchive archive_;
  std::atomic<bool> draining_{false};
  store::DataLock lock_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<ledger::Keeper> keeper_;
  std::unique_ptr<Witnesses> witnesses_;
  std::unique_ptr<Instruments> instruments_;
  std::unique_ptr<Projector> projector_;
  OwnRules rules_;  // under reloading_ once the gate runs
  gateway::Shared shared_;
  std::unique_ptr<Audit> audit_;
  std::unique_ptr<DeskHouse> desk_;
  std::unique_ptr<HookHouse> hooks_;
  std::unique_ptr<console::Backing> backing_;
  std::unique_ptr<ResponseKeeper> responses_;
  std::unique_ptr<console::Api> api_;
  std::unique_ptr<KeepingDoor> keeping_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<gateway::Gate> gate_;
  std::string first_key_;
  bool metrics_open_ = false;
};

}  // namespace ostiary::app

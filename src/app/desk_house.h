#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/policy_in_force.h"
#include "base/result.h"
#include "desk/desk.h"
#include "gateway/question_sink.h"
#include "ledger/ledger.h"
#include "store/questions.h"

namespace ostiary::app {

// The desk of a data folder: its questions in the store, its changes in the ledger, its clocks on a thread of
// their own. What the gate asks of it (QuestionSink) comes here.
class DeskHouse final : public gateway::QuestionSink, private desk::Journal {
 public:
  // The store of the folder is open and has the schema of now. `ledger` (null: nothing can be changed)
  // outlives it.
  static Result<std::unique_ptr<DeskHouse>> open(const std::string& data_folder, ledger::Ledger* ledger);
  ~DeskHouse() override;

  // The document in force from now on. `target` knows the services by name; `services` names those that may
  // be told as another way.
  using Services = std::function<std::vector<std::string>()>;
  Result<> use(const PolicyInForce& policy, desk::FactsOfTarget target, Services services);
  // Looks at the clocks from now on, twice a minute: what is about to be missed is escalated, which is a
  // record. `hourly` is called on the same thread, first at once.
  void watch_clocks(std::function<void(WallMs now)> hourly);
  void stop_clocks();

  desk::Desk& desk() { return *desk_; }
  // A question as JSON; empty: there is none of that number.
  std::string json_of(std::string_view number);

  Result<std::string> question_for(const gateway::Refusal& refusal) override;
  std::optional<gateway::Approval> approved(std::string_view fingerprint, WallMs now) const override;

 private:
  explicit DeskHouse(ledger::Ledger* ledger) : ledger_(ledger) {}
  Result<> record(const desk::Change& change) override;
  void watch();

  ledger::Ledger* const ledger_;
  std::unique_ptr<store::Questions> questions_;
  std::unique_ptr<desk::Desk> desk_;
  std::function<void(WallMs now)> hourly_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace ostiary::app

#pragma once

#include <memory>

#include "app/impl/errands.h"
#include "app/keeping.h"
#include "console/api.h"

namespace ostiary::app {

// The control socket's door: what the ledger's keeper is asked (keeping.h), which may take long, goes to a
// thread of its own; everything else to the API. Thread-safe.
class KeepingDoor final : public gateway::SideDoor {
 public:
  KeepingDoor(console::Api& api, console::Backing& backing, ledger::Keeper& keeper)
      : api_(api), backing_(backing), keeper_(keeper) {}
  ~KeepingDoor() override;
  void start_keeper();
  bool serves(std::string_view) const override { return true; }
  std::size_t most_body(const gateway::SideRequest& head) const override { return api_.most_body(head); }
  std::string refusal(std::string_view code, std::string_view message) const override {
    return api_.refusal(code, message);
  }
  void ask(gateway::SideRequest request, std::function<void(gateway::SideAnswer)> done) override;

 private:
  console::Api& api_;
  console::Backing& backing_;
  ledger::Keeper& keeper_;
  std::unique_ptr<People> people_;  // the sweep's
  Errands errands_;
};

}  // namespace ostiary::app

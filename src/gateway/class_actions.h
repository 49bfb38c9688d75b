#pragma once

#include <map>
#include <string>

#include "gateway/steps.h"

namespace ostiary::gateway {

// Decides by the configuration's action for each data class (`data_classes:`). The most restrictive action
// wins: deny, ask, reroute, redact, allow. An inspection that could not read everything counts as holding
// every configured class.
class ClassActions final : public Decider {
 public:
  ClassActions(std::map<std::string, policy::Effect> actions, std::string reroute_to)
      : actions_(std::move(actions)), reroute_to_(std::move(reroute_to)) {}
  policy::Decision decide(const policy::Facts& facts, const inspect::Inspection& found) const override;
  std::span<const std::string_view> wants() const override;

 private:
  std::map<std::string, policy::Effect> actions_;
  std::string reroute_to_;
};

}  // namespace ostiary::gateway

#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "gateway/size_limits.h"
#include "gateway/steps.h"

namespace ostiary::gateway {

// Decides by the configuration's action for each data class (`data_classes:`) and for each limit of size that
// the request is over (`size_limits:`). The most restrictive action wins: deny, ask, reroute, redact, allow.
// An inspection that could not read everything counts as holding every configured class.
class ClassActions final : public Decider {
 public:
  ClassActions(std::map<std::string, policy::Effect> actions, std::string reroute_to,
               std::vector<SizeLimit> size_limits = {})
      : actions_(std::move(actions)),
        reroute_to_(std::move(reroute_to)),
        size_limits_(std::move(size_limits)) {}
  policy::Decision decide(const policy::Facts& facts, const inspect::Inspection& found) const override;
  policy::FactSet wants() const override { return policy::fact_set(names()); }
  bool empty() const { return actions_.empty() && size_limits_.empty(); }

 private:
  std::span<const std::string_view> names() const;
  std::map<std::string, policy::Effect> actions_;
  std::string reroute_to_;
  std::vector<SizeLimit> size_limits_;
};

}  // namespace ostiary::gateway

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "policy/policy.h"
#include "policy/replay.h"

namespace ostiary::app {

// Reads what was known of an exchange, when it was decided, from its record in the ledger. For one thread.
class PastFacts {
 public:
  // `wanted`: the facts that are read; others are left out.
  explicit PastFacts(const std::vector<std::string_view>& wanted);

  // Of a record of the kind "outcome" (ledger/record.h). False: it was refused before anything was decided
  // about it. Facts that the decision used are taken from it, others from the rest of the record where that
  // tells them; what neither tells is not there. What was found is known where the decision's facts say that
  // the request was inspected. Texts of `past` refer to this reader until its next call.
  bool read(json::Value record, policy::Past& past, policy::Facts& facts);

 private:
  bool wants(std::string_view name) const;
  void set(policy::Facts& facts, std::string_view name, policy::FactValue value) const;
  void add_findings(json::Value findings, policy::Facts& facts) const;
  void add_time(std::string_view at, policy::Facts& facts) const;

  std::vector<bool> wanted_;  // by place in the fact table
  std::string id_, at_, service_;
};

}  // namespace ostiary::app

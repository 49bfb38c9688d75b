#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "gateway/prices.h"
#include "gateway/service.h"
#include "gateway/settings.h"
#include "gateway/steps.h"

namespace ostiary::gateway {

// All that configuration decides and a reload may change: never altered once it is published, kept by each
// exchange from its first byte to its record. What must outlive a reload (breakers, counters, credentials)
// lives in the Service, which stays the same object while its settings do, or in Shared.
struct Setup {
  std::uint64_t number = 0;  // of this process's setups, from 1; 0: not published
  GateSettings settings;
  std::vector<std::shared_ptr<Service>> services;  // in order of fallback
  std::shared_ptr<const Inspector> inspector = std::make_shared<const NoInspection>();
  std::shared_ptr<const Prices> prices = std::make_shared<const Prices>();
  std::shared_ptr<const Decider> decider;
  std::shared_ptr<const Examiner> examiner = std::make_shared<const NoExamination>();

  const Service* find_service(std::string_view id) const;
  // The services that offer a model at an endpoint, in order of fallback.
  std::vector<const Service*> candidates(std::string_view model, std::string_view endpoint) const;
};

}  // namespace ostiary::gateway

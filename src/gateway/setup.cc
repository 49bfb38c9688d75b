#include "gateway/setup.h"

namespace ostiary::gateway {

const Service* Setup::find_service(std::string_view id) const {
  for (const auto& service : services)
    if (service->id() == id) return service.get();
  return nullptr;
}

std::vector<const Service*> Setup::candidates(std::string_view model, std::string_view endpoint) const {
  std::vector<const Service*> found;
  for (const auto& service : services)
    if (service->offers(endpoint) && (model.empty() || service->upstream_name(model)))
      found.push_back(service.get());
  return found;
}

}  // namespace ostiary::gateway

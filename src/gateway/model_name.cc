#include "gateway/model_name.h"

#include "base/text.h"

namespace ostiary::gateway {

std::optional<std::string_view> name_at_service(const ServiceSettings& service, std::string_view model) {
  if (service.models.empty()) return model;
  for (const auto& entry : service.models) {
    if (entry.name == model) return entry.upstream.empty() ? entry.name : entry.upstream;
    if (entry.upstream.empty() && text::glob(entry.name, model)) return model;
  }
  return std::nullopt;
}

}  // namespace ostiary::gateway

#pragma once

#include <optional>
#include <string_view>

#include "gateway/settings.h"

namespace ostiary::gateway {

// The name by which a service knows `model`, or nothing where it does not offer it. Refers to one of both.
std::optional<std::string_view> name_at_service(const ServiceSettings& service, std::string_view model);

}  // namespace ostiary::gateway

#include "gateway/placeholders.h"

namespace ostiary::gateway {

std::string Placeholders::of(const inspect::Finding& finding, std::string_view value) {
  auto name = std::string(inspect::name(finding.klass)) + ":" + finding.type;
  auto& known = numbers_[name];
  const auto number = known.try_emplace(hmac_sha256(key_, value), known.size() + 1).first->second;
  return "‹" + name + ":" + std::to_string(number) + "›";
}

}  // namespace ostiary::gateway

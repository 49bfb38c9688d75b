#include "gateway/response_homes.h"

#include "gateway/endpoint.h"

namespace ostiary::gateway {

void ResponseHomes::add(const store::StoredResponse& response) {
  if (recent_.size() >= kMost / 2) {
    older_ = std::move(recent_);
    recent_.clear();
  }
  recent_[response.id] = {response.service, response.team, response.subject};
}

void ResponseHomes::restore(const std::vector<store::StoredResponse>& homes) {
  const std::lock_guard lock(mutex_);
  for (const auto& response : homes) add(response);
}

void ResponseHomes::remember(const store::StoredResponse& response) {
  if (response.id.empty() || response.id.size() > kMostResponseId) return;
  {
    const std::lock_guard lock(mutex_);
    add(response);
  }
  if (persist_) persist_(response);
}

std::optional<ResponseHomes::Home> ResponseHomes::find(std::string_view response) const {
  const std::lock_guard lock(mutex_);
  const std::string key(response);
  if (const auto it = recent_.find(key); it != recent_.end()) return it->second;
  if (const auto it = older_.find(key); it != older_.end()) return it->second;
  return std::nullopt;
}

}  // namespace ostiary::gateway

#include "gateway/response_homes.h"

namespace ostiary::gateway {

void ResponseHomes::add(const std::string& response, const std::string& service) {
  if (recent_.size() >= kMost / 2) {
    older_ = std::move(recent_);
    recent_.clear();
  }
  recent_[response] = service;
}

void ResponseHomes::restore(const std::vector<std::pair<std::string, std::string>>& homes) {
  const std::lock_guard lock(mutex_);
  for (const auto& [response, service] : homes) add(response, service);
}

void ResponseHomes::remember(const std::string& response, const std::string& service) {
  {
    const std::lock_guard lock(mutex_);
    add(response, service);
  }
  if (persist_) persist_(response, service);
}

std::optional<std::string> ResponseHomes::find(std::string_view response) const {
  const std::lock_guard lock(mutex_);
  const std::string key(response);
  if (const auto it = recent_.find(key); it != recent_.end()) return it->second;
  if (const auto it = older_.find(key); it != older_.end()) return it->second;
  return std::nullopt;
}

}  // namespace ostiary::gateway

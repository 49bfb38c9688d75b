#include "gateway/key_ring.h"

#include <span>

namespace ostiary::gateway {

void KeyRing::replace(std::vector<store::KeyEntry> entries) {
  auto next = std::make_shared<Snapshot>();
  for (auto& entry : entries) {
    std::string id = entry.id;
    next->emplace(std::move(id), std::move(entry));
  }
  const std::lock_guard lock(mutex_);
  current_ = std::move(next);
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const KeyRing::Snapshot> KeyRing::snapshot() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

const store::KeyEntry* KeyReader::find(std::string_view key, std::shared_ptr<const KeyRing::Snapshot>& hold) {
  if (const auto version = ring_.version(); version != version_) {
    seen_ = ring_.snapshot();
    version_ = version;
    last_ = {};
    last_entry_ = nullptr;
  }
  const auto bytes = [](std::string_view s) {
    return std::span(reinterpret_cast<const std::uint8_t*>(s.data()), s.size());
  };
  if (last_entry_ && equal_constant_time(bytes(last_.reveal()), bytes(key))) {
    hold = seen_;
    return last_entry_;
  }
  const auto parsed = store::parse_key(key);
  if (!parsed) return nullptr;
  const auto found = seen_->find(parsed->id);
  if (found == seen_->end() || found->second.revoked) return nullptr;
  if (!equal_constant_time(found->second.secret_sha256, parsed->secret_sha256)) return nullptr;
  last_ = Secret(std::string(key));
  last_entry_ = &found->second;
  hold = seen_;
  return last_entry_;
}

}  // namespace ostiary::gateway

#include "gateway/key_ring.h"

#include <span>

namespace ostiary::gateway {

namespace {
// The clock is asked only for keys that end.
bool opens(const store::KeyEntry& entry) {
  return !entry.revoked && (!entry.expires || wall_now() < *entry.expires);
}
}  // namespace

void KeyRing::replace(std::vector<store::KeyEntry> entries) {
  std::vector<LineMember> renewed;
  for (const auto& entry : entries)
    if (entry.renewed()) renewed.push_back({entry.id, entry.origin});
  limiter_.know_lines(std::move(renewed));
  auto next = std::make_shared<Snapshot>();
  for (auto& entry : entries) {
    std::string id = entry.id;
    auto& own = limiter_.account(Account::Scope::key, id);
    auto& team = limiter_.account(Account::Scope::team, entry.team);
    next->emplace(std::move(id), KnownKey{std::move(entry), &own, &team});
  }
  current_.replace(std::move(next));
}

const KnownKey* KeyReader::find(std::string_view key, std::shared_ptr<const KeyRing::Snapshot>& hold) {
  if (ring_.refresh()) {
    last_ = {};
    last_entry_ = nullptr;
  }
  const auto bytes = [](std::string_view s) {
    return std::span(reinterpret_cast<const std::uint8_t*>(s.data()), s.size());
  };
  if (last_entry_ && opens(*last_entry_) && equal_constant_time(bytes(last_.reveal()), bytes(key))) {
    hold = ring_.value();
    return last_entry_;
  }
  const auto parsed = store::parse_key(key);
  if (!parsed) return nullptr;
  const auto& keys = *ring_.value();
  const auto found = keys.find(parsed->id);
  if (found == keys.end() || !opens(found->second)) return nullptr;
  if (!equal_constant_time(found->second.secret_sha256, parsed->secret_sha256)) return nullptr;
  last_ = Secret(std::string(key));
  last_entry_ = &found->second;
  hold = ring_.value();
  return last_entry_;
}

}  // namespace ostiary::gateway

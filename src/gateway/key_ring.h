#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/secret.h"
#include "store/store.h"

namespace ostiary::gateway {

// The keys that open the gate, in memory. Reading is lock-free per loop: each loop keeps the snapshot it saw
// last and asks again only when the version changed. Thread-safe.
class KeyRing {
 public:
  using Snapshot = std::unordered_map<std::string, store::KeyEntry>;

  void replace(std::vector<store::KeyEntry> entries);
  std::shared_ptr<const Snapshot> snapshot() const;
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> current_ = std::make_shared<Snapshot>();
  std::atomic<std::uint64_t> version_{1};
};

// One loop's view of the ring. Not thread-safe.
class KeyReader {
 public:
  explicit KeyReader(const KeyRing& ring) : ring_(ring) {}
  // The entry of a presented key: form, CRC, id, secret (in constant time) and revocation are checked. Null
  // otherwise. The pointer lives as long as `hold`.
  const store::KeyEntry* find(std::string_view key, std::shared_ptr<const KeyRing::Snapshot>& hold);

 private:
  const KeyRing& ring_;
  std::shared_ptr<const KeyRing::Snapshot> seen_;
  std::uint64_t version_ = 0;
  // The key that was found last and its entry: most requests come with the same one as the request before.
  Secret last_;
  const store::KeyEntry* last_entry_ = nullptr;
};

}  // namespace ostiary::gateway
